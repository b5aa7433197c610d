"""What gateways paid out to the bank, a brand's share of it each."""

import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0017_payment_checks'),
    ]

    operations = [
        migrations.CreateModel(
            name='Payout',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('gateway', models.CharField(max_length=32)),
                ('proof', models.CharField(max_length=140)),
                ('minor', models.BigIntegerField()),
                ('fee_minor', models.BigIntegerField(default=0)),
                ('currency', models.CharField(max_length=3)),
                ('arrives_on', models.DateField()),
                ('state', models.CharField(default='under_way', max_length=10)),
                ('booked_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('bank_proof', models.CharField(blank=True, max_length=140)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('settled_at', None), models.Q(('state', 'failed'), _negated=True)), fields=['currency', 'minor'], name='payout_in_transit'), models.Index(fields=['-booked_at'], name='payout_newest'), models.Index(condition=models.Q(('bank_proof', ''), _negated=True), fields=['bank_proof'], name='payout_at_bank')],
                'constraints': [models.UniqueConstraint(fields=('gateway', 'proof', 'brand'), name='one_payout_a_proof'), models.CheckConstraint(condition=models.Q(('state__in', ['under_way', 'arrived', 'failed'])), name='payout_state_known'), models.CheckConstraint(condition=models.Q(('fee_minor', 0), ('minor', 0), _negated=True), name='payout_is_something'), models.CheckConstraint(condition=models.Q(('bank_proof', ''), ('settled_at__isnull', False), _connector='OR'), name='payout_seen_is_settled')],
            },
        ),
    ]
