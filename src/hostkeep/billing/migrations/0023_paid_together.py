"""A top-up may be meant for documents: several are paid at once by it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One column."""

    dependencies = [("billing", "0022_movements_in_doubt")]

    operations = [migrations.AddField("topup", "meant_for", models.JSONField(null=True))]
