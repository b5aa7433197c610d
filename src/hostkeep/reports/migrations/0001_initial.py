"""Recurring revenue: what each subscription came to when last looked at, and how it moved by day."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Movement',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('currency', models.CharField(max_length=3)),
                ('day', models.DateField()),
                ('kind', models.CharField(max_length=11)),
                ('count', models.PositiveIntegerField()),
                ('minor', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('brand', 'currency', 'day', 'kind'), name='one_movement_a_day'), models.CheckConstraint(condition=models.Q(('kind__in', ['new', 'expansion', 'contraction', 'churn'])), name='movement_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='Standing',
            fields=[
                ('subscription', models.UUIDField(primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('currency', models.CharField(max_length=3)),
                ('minor', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['brand', 'subscription'], name='standings_of_brand')],
            },
        ),
    ]
