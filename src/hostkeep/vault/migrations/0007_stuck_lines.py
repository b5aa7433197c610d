"""Lines of the erasure ledger that a database could not carry out, and went past."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('vault', '0006_when_classes_end'),
    ]

    operations = [
        migrations.AddField(
            model_name='keyring',
            name='stuck',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
