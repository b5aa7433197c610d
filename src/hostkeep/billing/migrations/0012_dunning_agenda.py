"""When an unpaid invoice is to be looked at next, and why an account is spared."""

import django.db.models.deletion
from django.db import migrations, models

# What is owed already is looked at from now on; what is paid is never looked at.
OWED = """
INSERT INTO billing_dunningagenda (invoice_id, brand, next_at, failures, code)
SELECT i.id, i.brand, i.issued_at, 0, ''
  FROM billing_invoice i
 WHERE i.kind IN ('invoice', 'debit_note', 'proforma')
   AND i.gross_minor > coalesce((SELECT sum(a.minor) FROM billing_allocation a WHERE a.invoice_id = i.id), 0)
"""


class Migration(migrations.Migration):
    """One table, one column."""

    dependencies = [("billing", "0011_corrections")]

    operations = [
        migrations.CreateModel(
            name="DunningAgenda",
            fields=[
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                        related_name="agenda", serialize=False, to="billing.invoice",
                    ),
                ),
                ("brand", models.CharField(max_length=32)),
                ("next_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("code", models.CharField(blank=True, max_length=64)),
                ("parked_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_at", None), _negated=True), fields=["next_at"],
                        name="dunning_next",
                    ),
                    models.Index(
                        condition=models.Q(("parked_at", None), _negated=True), fields=["parked_at"],
                        name="dunning_parked",
                    ),
                ]
            },
        ),
        migrations.AddField(
            model_name="dunningexception",
            name="reason",
            field=models.CharField(blank=True, db_default="", max_length=16),
        ),
        migrations.AddIndex(
            model_name="dunningstep",
            index=models.Index(
                condition=models.Q(("outcome__in", ["asked", "untold"])), fields=["kind", "at"],
                name="dunning_open",
            ),
        ),
        migrations.RunSQL(OWED, migrations.RunSQL.noop),
    ]
