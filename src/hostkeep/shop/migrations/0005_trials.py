from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0004_promo_codes_in_orders'),
    ]

    operations = [
        migrations.AddField(
            model_name='plan',
            name='trial_days',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='orderline',
            name='trial_days',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
