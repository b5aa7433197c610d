"""What a service is still to become, or to be ended, while its driver is at other work."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two columns, and an index of the few rows that use them."""

    dependencies = [("provisioning", "0002_changes")]

    operations = [
        migrations.AddField(
            model_name="service",
            name="change_once",
            field=models.CharField(blank=True, db_default="", default="", max_length=128),
        ),
        migrations.AddField(
            model_name="service", name="end_wanted_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddIndex(
            model_name="service",
            index=models.Index(
                fields=["id"],
                name="service_left_to_do",
                condition=~models.Q(change_once="") | models.Q(end_wanted_at__isnull=False),
            ),
        ),
    ]
