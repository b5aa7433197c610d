"""Versions of a policy: announced by one function, held by a trigger to the notice of the version in force."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

COLUMNS = r"""
ALTER TABLE brands_policyversion DISABLE TRIGGER stays;
ALTER TABLE brands_policyversion RENAME COLUMN brand_id TO brand;
ALTER TABLE brands_policyversion
  ADD COLUMN handle uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
  ADD COLUMN weight varchar(8) NOT NULL DEFAULT 'material',
  ADD COLUMN mode varchar(8) NOT NULL DEFAULT 'page',
  ADD COLUMN period interval NOT NULL DEFAULT '0';
UPDATE brands_policyversion SET weight = CASE WHEN version = 1 THEN 'first' ELSE 'material' END,
  mode = coalesce((regexp_match(source, 'change_notice.*?\mmode"?: *"?(page|ahead|mail|attempt)\M'))[1], 'page'),
  period = coalesce(
    (regexp_match(source, 'change_notice.*?\mperiod"?: *"?(P(?:\d+[YWD])+)\M'))[1], 'P0D')::interval;
UPDATE brands_policyversion SET
  period = (extract(year FROM period) * 365 + extract(day FROM period)) * interval '86400 seconds';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE brands_policyversion
  ALTER COLUMN weight DROP DEFAULT, ALTER COLUMN mode DROP DEFAULT, ALTER COLUMN period DROP DEFAULT,
  ALTER COLUMN handle DROP DEFAULT,
  ADD CONSTRAINT policy_weight_known CHECK (weight IN ('first', 'minor', 'spelling', 'material')),
  ADD CONSTRAINT policy_mode_known CHECK (mode IN ('page', 'ahead', 'mail', 'attempt')),
  ADD CONSTRAINT policy_period_not_negative CHECK (period >= interval '0');
DROP INDEX IF EXISTS brands_policyversion_brand_id_like;
ALTER TABLE brands_policyversion ENABLE TRIGGER stays;
"""
"""How older versions say that the next one comes stands in their text alone; the two words are read from it.

What the table's foreign key has to check is checked before the table is altered again.
"""

OBEDIENCE = """
CREATE FUNCTION brands_hold_to_notice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held brands_policyversion%ROWTYPE;
  newest integer;
  first_day timestamptz;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('brands_policyversion'), hashtext(NEW.brand));
  NEW.announced_at := runtime.now();
  first_day := NEW.announced_at;
  SELECT max(version) INTO newest FROM brands_policyversion WHERE brand = NEW.brand;
  IF NEW.version IS DISTINCT FROM coalesce(newest, 0) + 1 THEN
    RAISE EXCEPTION 'versions are numbered one by one' USING ERRCODE = 'restrict_violation';
  END IF;
  IF newest IS NULL THEN
    NEW.weight := 'first';
  ELSE
    SELECT * INTO held FROM brands_policyversion
      WHERE brand = NEW.brand AND effective_at <= NEW.announced_at ORDER BY version DESC LIMIT 1;
    IF NEW.weight = 'first' OR (NEW.weight <> 'material' AND current_user <> 'hk_owner') THEN
      RAISE EXCEPTION 'how heavy a change is, the program weighs: announce it by brands_announce'
        USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.weight = 'spelling' AND (
      SELECT count(DISTINCT signer) FROM brands_spelling
      WHERE brand = NEW.brand AND digest = NEW.digest AND against = held.digest
    ) < 2 THEN
      RAISE EXCEPTION 'that only spelling changed, two people sign' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.weight = 'material' THEN
      first_day := NEW.announced_at + held.period;
    END IF;
  END IF;
  NEW.effective_at := coalesce(NEW.effective_at, first_day);
  IF NEW.effective_at < first_day THEN
    RAISE EXCEPTION 'the version in force asks for % of notice', held.period
      USING ERRCODE = 'check_violation', CONSTRAINT = 'notice_is_kept';
  END IF;
  IF NEW.effective_at > greatest(first_day, NEW.announced_at + interval '1100 days') THEN
    RAISE EXCEPTION 'nobody plans so far ahead, and what is announced stays'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'day_is_near';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER holds_to_notice BEFORE INSERT ON brands_policyversion
  FOR EACH ROW EXECUTE FUNCTION brands_hold_to_notice();

CREATE FUNCTION brands_announce(
  the_brand varchar, the_digest varchar, the_source text, the_weight varchar, the_mode varchar,
  the_period interval, the_effective timestamptz
) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO brands_policyversion
    (handle, brand, version, digest, source, weight, mode, period, announced_at, effective_at)
  VALUES (
    gen_random_uuid(), the_brand,
    (SELECT coalesce(max(version), 0) + 1 FROM brands_policyversion WHERE brand = the_brand),
    the_digest, the_source, the_weight, the_mode, the_period, NULL, the_effective)
  RETURNING id;
$$;
REVOKE ALL ON FUNCTION brands_announce FROM PUBLIC;
GRANT EXECUTE ON FUNCTION brands_announce TO hk_app;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON brands_policyversion FROM hk_app;

CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON brands_spelling
  FOR EACH ROW EXECUTE FUNCTION brands_refuse_change();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON brands_spelling
  FOR EACH STATEMENT EXECUTE FUNCTION brands_refuse_change();
"""
"""The trigger sets announced_at itself, whoever inserts; a lighter weight than material comes only through the
function, which runs as the owner of the table: the program calls it after it has compared both versions."""


class Migration(migrations.Migration):
    dependencies = [("brands", "0002_written_once"), ("runtime", "__first__")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(COLUMNS, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AddField(
                    "policyversion", "handle", models.UUIDField(default=uuid.uuid4, unique=True)
                ),
                migrations.AddField("policyversion", "weight", models.CharField(max_length=8), False),
                migrations.AddField("policyversion", "mode", models.CharField(max_length=8), False),
                migrations.AddField("policyversion", "period", models.DurationField(), False),
                migrations.AlterField(
                    "policyversion",
                    "brand",
                    models.ForeignKey(
                        db_column="brand",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="brands.brand",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "brand",
                    models.OneToOneField(
                        db_column="brand",
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="brands.brand",
                    ),
                ),
                ("source", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("author", models.CharField(max_length=64)),
                ("saved_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Spelling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "brand",
                    models.ForeignKey(
                        db_column="brand", on_delete=django.db.models.deletion.PROTECT, to="brands.brand"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("against", models.CharField(max_length=64)),
                ("signer", models.CharField(max_length=64)),
                ("signed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("brand", "digest", "against", "signer"), name="one_signature_a_person"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Telling",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="brands.policyversion",
                    ),
                ),
                ("begun_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("last", models.UUIDField(null=True)),
                ("count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="brands.policyversion",
                    ),
                ),
                ("brand", models.CharField(max_length=32)),
                ("subject", models.UUIDField()),
                ("account", models.UUIDField()),
                ("state", models.CharField(default="queued", max_length=12)),
                ("queued_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                ("applies_at", models.DateTimeField(null=True)),
                ("differs", models.BooleanField(default=False)),
                ("rejected_at", models.DateTimeField(null=True)),
                ("ends_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("accepted_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject"], name="notice_subject"),
                    models.Index(
                        condition=models.Q(("differs", True)), fields=["brand"], name="notice_differs"
                    ),
                    models.Index(
                        condition=models.Q(("ended_at", None), ("ends_at__isnull", False)),
                        fields=["ends_at"],
                        name="notice_ends",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "subject"), name="one_notice_a_person"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "handed_over", "refused", "shown"])),
                        name="notice_state_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(OBEDIENCE, migrations.RunSQL.noop),
    ]
