"""Events are found by their time and by the handles in them, so that what ends them reads no whole table.

Made beside a house that runs; what a killed attempt at it left behind is dropped first.
"""

from django.db import migrations, models

DROP_AT = "DROP INDEX CONCURRENTLY IF EXISTS event_at"
MAKE_AT = "CREATE INDEX CONCURRENTLY event_at ON runtime_event (at)"
AT = models.Index(fields=["at"], name="event_at")

DROP_NAMES = "DROP INDEX CONCURRENTLY IF EXISTS event_names"
MAKE_NAMES = (
    "CREATE INDEX CONCURRENTLY event_names ON runtime_event USING gin (jsonb_path_query_array(body, '$.*'))"
)


class Migration(migrations.Migration):
    """Two indexes, made beside the work that goes on."""

    atomic = False

    dependencies = [("runtime", "0002_ground")]

    operations = [
        migrations.RunSQL(DROP_AT, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE_AT, DROP_AT, state_operations=[migrations.AddIndex("event", AT)]),
        migrations.RunSQL(DROP_NAMES, migrations.RunSQL.noop),
        migrations.RunSQL(MAKE_NAMES, DROP_NAMES),
    ]
