"""When the clock of a class or value started, and when a class ends."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('vault', '0005_own_rights'),
    ]

    operations = [
        migrations.AddField(
            model_name='item',
            name='fired_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='subjectkey',
            name='ends_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='subjectkey',
            name='fired_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='subjectkey',
            index=models.Index(condition=models.Q(('ends_at__isnull', False)), fields=['ends_at'], name='key_ends'),
        ),
    ]
