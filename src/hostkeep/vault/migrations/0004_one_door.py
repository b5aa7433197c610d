"""Keys with states, marks, holds, certificates, nodes and disclosures, all behind the wall."""

import uuid
from django.db import migrations, models


WALLS = """
ALTER TABLE vault_mark SET SCHEMA vault;
ALTER TABLE vault_nym SET SCHEMA vault;
ALTER TABLE vault_hold SET SCHEMA vault;
ALTER TABLE vault_erasure SET SCHEMA vault;
ALTER TABLE vault_node SET SCHEMA vault;
ALTER TABLE vault_disclosure SET SCHEMA vault;
REVOKE ALL ON vault.vault_mark, vault.vault_nym, vault.vault_hold, vault.vault_erasure, vault.vault_node,
  vault.vault_disclosure FROM hk_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON vault.vault_mark, vault.vault_nym, vault.vault_node TO hk_vault;
GRANT SELECT, INSERT, UPDATE ON vault.vault_hold, vault.vault_erasure TO hk_vault;
GRANT SELECT, INSERT ON vault.vault_disclosure TO hk_vault;
GRANT DELETE ON vault.vault_consent TO hk_vault;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA vault TO hk_vault;
ALTER TABLE vault.vault_subjectkey ADD CONSTRAINT destroyed_holds_nothing
  CHECK (state <> 'destroyed' OR wrapped IS NULL);

CREATE FUNCTION vault.stay_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'destroyed' THEN
    RAISE EXCEPTION 'a destroyed key stays listed as destroyed' USING ERRCODE = 'check_violation';
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER stay_listed BEFORE DELETE ON vault.vault_subjectkey
  FOR EACH ROW EXECUTE FUNCTION vault.stay_listed();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON vault.vault_subjectkey
  FOR EACH STATEMENT EXECUTE FUNCTION vault.consent_stays();

CREATE FUNCTION vault.is_being_erased(who uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  SELECT EXISTS (
    SELECT 1 FROM vault.vault_subjectkey
    WHERE subject = who AND keep_class = 'account' AND state IN ('erasing', 'destroyed')
  )
$$;
REVOKE ALL ON FUNCTION vault.is_being_erased(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vault.is_being_erased(uuid) TO hk_app, hk_vault;

CREATE OR REPLACE FUNCTION vault.consent_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF vault.is_being_erased(OLD.subject) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'a word of consent is written once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE FUNCTION vault.written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON vault.vault_disclosure
  FOR EACH ROW EXECUTE FUNCTION vault.written_once();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON vault.vault_disclosure
  FOR EACH STATEMENT EXECUTE FUNCTION vault.written_once();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('vault', '0003_consents'),
    ]

    operations = [
        migrations.CreateModel(
            name='Disclosure',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('once', models.CharField(max_length=128, unique=True)),
                ('brand', models.CharField(max_length=32)),
                ('subject', models.UUIDField()),
                ('recipient', models.CharField(max_length=64)),
                ('purpose', models.CharField(max_length=32)),
                ('basis', models.CharField(max_length=24)),
                ('clause', models.CharField(max_length=32)),
                ('categories', models.JSONField()),
                ('ticket', models.CharField(blank=True, max_length=80)),
                ('digest', models.CharField(max_length=64)),
                ('package', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(default='handed', max_length=8)),
                ('at', models.DateTimeField()),
                ('told_from', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('subject', models.UUIDField(db_index=True)),
                ('classes', models.JSONField()),
                ('why', models.CharField(max_length=32)),
                ('state', models.CharField(default='begun', max_length=8)),
                ('epoch', models.PositiveIntegerField()),
                ('asked_at', models.DateTimeField()),
                ('live_at', models.DateTimeField(null=True)),
                ('wal_at', models.DateTimeField(null=True)),
                ('backups_at', models.DateTimeField(null=True)),
                ('stays', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('subject', models.UUIDField(db_index=True)),
                ('classes', models.JSONField()),
                ('basis', models.CharField(max_length=24)),
                ('case', models.UUIDField()),
                ('secret', models.BooleanField(default=False)),
                ('opened_by', models.CharField(max_length=64)),
                ('approved_by', models.CharField(blank=True, max_length=64)),
                ('opened_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(null=True)),
                ('review_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Mark',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('category', models.CharField(max_length=64)),
                ('mark', models.BinaryField(max_length=16)),
                ('epoch', models.PositiveIntegerField()),
                ('subject', models.UUIDField(db_index=True)),
                ('slot', models.CharField(blank=True, max_length=80)),
                ('keep_class', models.CharField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name='Node',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('role', models.CharField(max_length=8)),
                ('reads', models.PositiveIntegerField()),
                ('writes', models.PositiveIntegerField()),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Nym',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('mark', models.BinaryField(max_length=16, unique=True)),
                ('epoch', models.PositiveIntegerField()),
                ('nym', models.UUIDField(db_index=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='subjectkey',
            name='key_state_known',
        ),
        migrations.AddField(
            model_name='item',
            name='archived_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='item',
            name='why',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='keyring',
            name='replayed',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='keyring',
            name='replayed_head',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='subjectkey',
            name='brand',
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddField(
            model_name='subjectkey',
            name='changed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='subjectkey',
            index=models.Index(fields=['epoch'], name='key_epoch'),
        ),
        migrations.AddIndex(
            model_name='subjectkey',
            index=models.Index(condition=models.Q(('state', 'erasing')), fields=['state'], name='key_erasing'),
        ),
        migrations.AddConstraint(
            model_name='subjectkey',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['live', 'deactivated', 'held', 'erasing', 'destroyed'])), name='key_state_known'),
        ),
        migrations.AddIndex(
            model_name='disclosure',
            index=models.Index(fields=['subject', '-at'], name='disclosure_of'),
        ),
        migrations.AddIndex(
            model_name='disclosure',
            index=models.Index(fields=['brand', 'at'], name='disclosure_counts'),
        ),
        migrations.AddIndex(
            model_name='erasure',
            index=models.Index(condition=models.Q(('backups_at__isnull', True)), fields=['epoch'], name='erasure_open'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by', ''), models.Q(('approved_by', models.F('opened_by')), _negated=True), _connector='OR'), name='hold_by_two_people'),
        ),
        migrations.AddIndex(
            model_name='mark',
            index=models.Index(fields=['mark'], name='mark_found'),
        ),
        migrations.AddIndex(
            model_name='mark',
            index=models.Index(fields=['epoch'], name='mark_epoch'),
        ),
        migrations.AddConstraint(
            model_name='mark',
            constraint=models.UniqueConstraint(fields=('subject', 'category', 'slot', 'epoch'), name='one_mark_a_slot'),
        ),
        migrations.AddIndex(
            model_name='nym',
            index=models.Index(fields=['epoch'], name='nym_epoch'),
        ),
        migrations.RunSQL(WALLS, migrations.RunSQL.noop),
    ]
