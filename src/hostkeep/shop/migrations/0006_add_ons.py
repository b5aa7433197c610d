from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0005_trials'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='add_ons',
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name='orderline',
            name='add_ons',
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name='orderline',
            name='add_on_minor',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='orderline',
            name='add_on_once_minor',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
