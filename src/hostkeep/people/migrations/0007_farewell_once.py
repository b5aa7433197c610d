"""The mail that says an account is closed is queued once, and its address goes with it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0006_closed_by_policy'),
    ]

    operations = [
        migrations.AddField(
            model_name='closing',
            name='told_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='passingaddress',
            name='mail',
            field=models.UUIDField(null=True),
        ),
    ]
