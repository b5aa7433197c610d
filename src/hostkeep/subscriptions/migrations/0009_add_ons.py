from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscriptions', '0008_readings_found'),
    ]

    operations = [
        migrations.AddField(
            model_name='part',
            name='add_on',
            field=models.TextField(null=True),
        ),
    ]
