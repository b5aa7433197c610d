"""What became of a period's bill: taken back, or billed anew; and when that is to be looked at."""

import django.db.models.deletion
from django.db import migrations, models

STAYS = """
CREATE FUNCTION subscriptions_turn_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what became of a bill is written once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON subscriptions_periodturn
  FOR EACH ROW EXECUTE FUNCTION subscriptions_turn_stays();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON subscriptions_periodturn
  FOR EACH STATEMENT EXECUTE FUNCTION subscriptions_turn_stays();

CREATE FUNCTION subscriptions_turns_alternate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.kind <> (CASE NEW.no % 2 WHEN 1 THEN 'taken' ELSE 'billed' END)
     OR NEW.no <> 1 + (SELECT count(*) FROM subscriptions_periodturn
                        WHERE period_id = NEW.period_id AND id <> NEW.id) THEN
    RAISE EXCEPTION 'a bill is taken back before the next is made' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER alternate AFTER INSERT ON subscriptions_periodturn
  FOR EACH ROW EXECUTE FUNCTION subscriptions_turns_alternate();
"""


class Migration(migrations.Migration):
    """A table and a column."""

    dependencies = [("subscriptions", "0006_use_ends")]

    operations = [
        migrations.AddField("subscription", "settle_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="PeriodTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("no", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(max_length=8)),
                ("document", models.UUIDField(db_index=True)),
                ("at", models.DateTimeField()),
                (
                    "period",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT,
                        related_name="turns", to="subscriptions.period",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("period", "no"), name="one_turn_a_time"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["taken", "billed"])), name="turn_kind_known"
                    ),
                ]
            },
        ),
        migrations.AddIndex(
            "subscription",
            models.Index(
                condition=models.Q(("settle_at", None), _negated=True), fields=["settle_at", "id"],
                name="subscription_settles",
            ),
        ),
        migrations.RunSQL(STAYS, migrations.RunSQL.noop),
    ]
