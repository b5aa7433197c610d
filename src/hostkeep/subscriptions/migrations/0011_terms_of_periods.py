from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('subscriptions', '0010_add_on_prices'),
    ]

    operations = [
        migrations.AddField(
            model_name='period',
            name='count',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='period',
            name='unit',
            field=models.CharField(blank=True, db_default='', default='', max_length=5),
        ),
    ]
