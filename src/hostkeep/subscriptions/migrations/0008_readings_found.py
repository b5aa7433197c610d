"""What finds readings by when they were taken, and those of a billed month.

Made beside a house that runs; what a killed attempt at it left behind is dropped first.
"""

from django.db import migrations, models

DROP_TAKING = "DROP INDEX CONCURRENTLY IF EXISTS readings_by_taking"
MAKE_TAKING = "CREATE INDEX CONCURRENTLY readings_by_taking ON subscriptions_reading (taken_at)"
TAKING = models.Index(fields=["taken_at"], name="readings_by_taking")

DROP_OF_A_USE = "DROP INDEX CONCURRENTLY IF EXISTS readings_of_a_use"
MAKE_OF_A_USE = (
    "CREATE INDEX CONCURRENTLY readings_of_a_use ON subscriptions_reading (use_id) WHERE use_id IS NOT NULL"
)


class Migration(migrations.Migration):
    """Two indexes."""

    atomic = False

    dependencies = [("subscriptions", "0007_billed_anew")]

    operations = [
        migrations.RunSQL(DROP_TAKING, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE_TAKING, DROP_TAKING, state_operations=[migrations.AddIndex("reading", TAKING)]),
        migrations.RunSQL(DROP_OF_A_USE, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE_OF_A_USE, DROP_OF_A_USE),
    ]
