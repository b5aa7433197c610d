"""Events are found by their time and by the handles in them, so that what ends them reads no whole table."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

NAMED = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS event_names
ON runtime_event USING gin (jsonb_path_query_array(body, '$.*'))
"""


class Migration(migrations.Migration):
    """Two indexes, made beside the work that goes on."""

    atomic = False

    dependencies = [("runtime", "0002_ground")]

    operations = [
        AddIndexConcurrently("event", models.Index(fields=["at"], name="event_at")),
        migrations.RunSQL(NAMED, "DROP INDEX CONCURRENTLY IF EXISTS event_names"),
    ]
