"""Closing an account, a login address that changes, and acceptances that are written once."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


TWINS = """
DELETE FROM people_acceptance a USING people_acceptance b
WHERE a.form = 'use' AND b.form = 'use' AND a.subject = b.subject AND a.what = b.what AND a.version = b.version
  AND (a.at, a.id) > (b.at, b.id);
"""

WRITTEN_ONCE = """
CREATE FUNCTION acceptance_stays() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = vault, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' AND NOT EXISTS (
    SELECT 1 FROM vault.vault_subjectkey
    WHERE subject = OLD.subject AND keep_class = 'account' AND state NOT IN ('erasing', 'destroyed')
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'an acceptance is written once' USING ERRCODE = 'restrict_violation';
END $$;
REVOKE ALL ON FUNCTION acceptance_stays() FROM PUBLIC;
CREATE TRIGGER acceptance_stays BEFORE UPDATE OR DELETE ON people_acceptance
  FOR EACH ROW EXECUTE FUNCTION acceptance_stays();
CREATE FUNCTION acceptance_never_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an acceptance is written once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER acceptance_never_emptied BEFORE TRUNCATE ON people_acceptance
  FOR EACH STATEMENT EXECUTE FUNCTION acceptance_never_emptied();

CREATE FUNCTION person_is_erased(who uuid) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = vault, pg_temp AS $$
  SELECT vault.is_being_erased(who)
$$;
REVOKE ALL ON FUNCTION person_is_erased(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION person_is_erased(uuid) TO hk_app;
"""
"""A row goes with the key of its person's account class, or where that person never had one."""


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0004_api_keys'),
        ('vault', '0004_one_door'),
    ]

    operations = [
        migrations.RunSQL(TWINS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name='ClosedLink',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('token', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Closing',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('by', models.CharField(max_length=8)),
                ('why', models.CharField(blank=True, max_length=16)),
                ('once', models.CharField(max_length=128, unique=True)),
                ('begun_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Dispute',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('brand', models.CharField(max_length=32)),
                ('subject', models.UUIDField(unique=True)),
                ('how', models.CharField(max_length=16)),
                ('made_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='PassingAddress',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                ('use', models.CharField(max_length=8)),
                ('address', models.TextField()),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='account',
            name='account_state_known',
        ),
        migrations.AddField(
            model_name='account',
            name='erased_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=models.Q(('state', 'closing')), fields=['state'], name='account_closing'),
        ),
        migrations.AddConstraint(
            model_name='acceptance',
            constraint=models.UniqueConstraint(condition=models.Q(('form', 'use')), fields=('subject', 'what', 'version'), name='one_acceptance_by_use'),
        ),
        migrations.AddConstraint(
            model_name='account',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'closing', 'deactivated', 'closed'])), name='account_state_known'),
        ),
        migrations.AddField(
            model_name='closedlink',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='people.account'),
        ),
        migrations.AddField(
            model_name='closing',
            name='account',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to='people.account'),
        ),
        migrations.AddField(
            model_name='dispute',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='people.account'),
        ),
        migrations.AddField(
            model_name='passingaddress',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='closedlink',
            index=models.Index(fields=['expires_at'], name='closed_link_expires'),
        ),
        migrations.AddConstraint(
            model_name='closing',
            constraint=models.CheckConstraint(condition=models.Q(('by__in', ['customer', 'staff'])), name='closing_by_known'),
        ),
        migrations.AddIndex(
            model_name='dispute',
            index=models.Index(fields=['until'], name='dispute_until'),
        ),
        migrations.AddIndex(
            model_name='passingaddress',
            index=models.Index(fields=['expires_at'], name='passing_expires'),
        ),
        migrations.AddConstraint(
            model_name='passingaddress',
            constraint=models.CheckConstraint(condition=models.Q(('use__in', ['new', 'old', 'closing'])), name='passing_use_known'),
        ),
        migrations.RunSQL(WRITTEN_ONCE, migrations.RunSQL.noop),
    ]
