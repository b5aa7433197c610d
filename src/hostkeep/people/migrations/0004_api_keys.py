"""Keys of the API, calls that may be repeated, and their pace: an UNLOGGED table, in no WAL and no backup."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_canary'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('role', models.CharField(max_length=16)),
                ('number', models.PositiveIntegerField()),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('secret', models.CharField(max_length=64)),
                ('scopes', models.JSONField()),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('used_on', models.DateField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='people.account')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ApiPace',
            fields=[
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, serialize=False, to='people.apikey')),
                ('minute', models.DateTimeField()),
                ('count', models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='ApiCall',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('once', models.CharField(max_length=64)),
                ('content', models.CharField(max_length=64)),
                ('state', models.CharField(default='running', max_length=8)),
                ('turn', models.UUIDField()),
                ('leased_to', models.DateTimeField()),
                ('answer', models.TextField(null=True)),
                ('expires_at', models.DateTimeField()),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='people.apikey')),
            ],
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.UniqueConstraint(fields=('user', 'number'), name='one_key_a_number'),
        ),
        migrations.AddIndex(
            model_name='apicall',
            index=models.Index(fields=['expires_at'], name='api_call_expires'),
        ),
        migrations.AddConstraint(
            model_name='apicall',
            constraint=models.UniqueConstraint(fields=('key', 'once'), name='one_call_an_idempotency_key'),
        ),
        migrations.AddConstraint(
            model_name='apicall',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['running', 'answered'])), name='api_call_state_known'),
        ),
        migrations.RunSQL("ALTER TABLE people_apipace SET UNLOGGED", "ALTER TABLE people_apipace SET LOGGED"),
    ]
