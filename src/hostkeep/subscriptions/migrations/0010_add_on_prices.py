"""A price change may be of an add-on beside a plan."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A column: which add-on; nothing for the plan itself."""

    dependencies = [("subscriptions", "0009_add_ons")]

    operations = [
        migrations.AddField(
            model_name="pricechange",
            name="add_on",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
    ]
