"""What finds the findings about an account, for its owner's copy and pages.

Made beside a house that runs; what a killed attempt at it left behind is dropped first.
"""

from django.db import migrations, models

DROP = "DROP INDEX CONCURRENTLY IF EXISTS finding_about"
MAKE = "CREATE INDEX CONCURRENTLY finding_about ON billing_finding (about)"
ABOUT = models.Index(fields=["about"], name="finding_about")


class Migration(migrations.Migration):
    """One index."""

    atomic = False

    dependencies = [("billing", "0020_money_set_aside")]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE, DROP, state_operations=[migrations.AddIndex("finding", ABOUT)]),
    ]
