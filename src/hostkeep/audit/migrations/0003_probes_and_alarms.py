"""Small indexes: what probes did, and alarms."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_walls")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("trace__startswith", "probe:")), fields=["brand", "at"], name="audit_probes"
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("verb__startswith", "alarm.")), fields=["id"], name="audit_alarms"
            ),
        ),
    ]
