"""Checks of orders' payments; only a person decides what one refused."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0016_registrations'),
    ]

    operations = [
        migrations.CreateModel(
            name='PaymentCheck',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('account', models.UUIDField(db_index=True)),
                ('order', models.UUIDField(unique=True)),
                ('outcome', models.CharField(max_length=10)),
                ('rule', models.CharField(blank=True, max_length=24)),
                ('categories', models.CharField(blank=True, max_length=120)),
                ('checked_at', models.DateTimeField()),
                ('decision', models.CharField(blank=True, max_length=11)),
                ('decided_by', models.CharField(blank=True, max_length=48)),
                ('decided_at', models.DateTimeField(null=True)),
                ('invoice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='check_of_payment', to='billing.invoice')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('decision', ''), ('outcome', 'refused')), fields=['checked_at'], name='check_waits')],
                'constraints': [models.CheckConstraint(condition=models.Q(('outcome__in', ['passed', 'refused', 'not_needed'])), name='check_outcome_known'), models.CheckConstraint(condition=models.Q(('outcome', 'refused'), ('rule', ''), _connector='XOR'), name='refusal_has_its_rule'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', ''), ('decision', '')), models.Q(('decided_at__isnull', False), ('decided_by__startswith', 'staff:'), ('decision__in', ['let_through', 'refused']), ('outcome', 'refused')), _connector='OR'), name='a_person_decides_a_refusal')],
            },
        ),
    ]
