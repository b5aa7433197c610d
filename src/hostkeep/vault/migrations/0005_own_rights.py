"""What a person objects to, and the exports made for them: behind the wall too."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


WALLS = """
ALTER TABLE vault_objection SET SCHEMA vault;
ALTER TABLE vault_export SET SCHEMA vault;
ALTER TABLE vault_exportpart SET SCHEMA vault;
REVOKE ALL ON vault.vault_objection, vault.vault_export, vault.vault_exportpart FROM hk_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault.vault_objection, vault.vault_export, vault.vault_exportpart TO hk_vault;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA vault TO hk_vault;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('vault', '0004_one_door'),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('subject', models.UUIDField(db_index=True)),
                ('size', models.PositiveIntegerField()),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('taken_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('subject', models.UUIDField()),
                ('purpose', models.CharField(blank=True, max_length=32)),
                ('how', models.CharField(max_length=24)),
                ('at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('subject', 'purpose'), name='one_objection_stands')],
            },
        ),
        migrations.CreateModel(
            name='ExportPart',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('place', models.PositiveIntegerField()),
                ('box', models.BinaryField()),
                ('export', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='vault.export')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('export', 'place'), name='one_part_a_place')],
            },
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
