"""A renewal that goes wrong is given up and shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns."""

    dependencies = [("subscriptions", "0002_billed_once")]

    operations = [
        migrations.AddField("subscription", "stopped_at", models.DateTimeField(null=True)),
        migrations.AddField("subscription", "stopped_code", models.CharField(blank=True, max_length=128)),
    ]
