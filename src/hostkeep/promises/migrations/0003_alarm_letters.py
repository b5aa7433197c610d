"""Alarms know the letter that told of them; what stands was told by a letter of its own."""

from django.db import migrations, models

TOLD = """
UPDATE promises_alarm SET opened_in = id WHERE matched_by = '';
UPDATE promises_alarm SET closed_in = id WHERE matched_by = '' AND closed_at IS NOT NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("promises", "0002_alarms_and_rounds")]

    operations = [
        migrations.AddField("alarm", "opened_in", models.UUIDField(null=True)),
        migrations.AddField("alarm", "closed_in", models.UUIDField(null=True)),
        migrations.RunSQL(TOLD, migrations.RunSQL.noop),
        migrations.AddIndex(
            "alarm",
            models.Index(
                fields=["opened_at"],
                condition=models.Q(matched_by="", opened_in=None),
                name="alarm_opened_untold",
            ),
        ),
        migrations.AddIndex(
            "alarm",
            models.Index(
                fields=["closed_at"],
                condition=models.Q(matched_by="", closed_in=None, closed_at__isnull=False),
                name="alarm_closed_untold",
            ),
        ),
        migrations.AddIndex("alarm", models.Index(fields=["opened_in"], name="alarm_opened_in")),
        migrations.AddIndex("alarm", models.Index(fields=["closed_in"], name="alarm_closed_in")),
    ]
