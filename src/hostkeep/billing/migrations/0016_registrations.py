"""Documents that a national system of electronic invoices is told of, and what is registered stays so."""

import django.db.models.deletion
from django.db import migrations, models

STAYS = """
CREATE FUNCTION billing_registration_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.state <> 'registered' AND NEW.document_id = OLD.document_id
      AND NEW.once = OLD.once AND NEW.system = OLD.system AND NEW.brand = OLD.brand THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what is registered is adjusted or replaced, never changed or deleted'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER registration_stays BEFORE UPDATE OR DELETE ON billing_registration
  FOR EACH ROW EXECUTE FUNCTION billing_registration_stays();
"""
GOES = """
DROP TRIGGER registration_stays ON billing_registration;
DROP FUNCTION billing_registration_stays();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0015_open_money_takes_turns'),
    ]

    operations = [
        migrations.CreateModel(
            name='Registration',
            fields=[
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='registration', serialize=False, to='billing.invoice')),
                ('brand', models.CharField(max_length=32)),
                ('system', models.CharField(max_length=32)),
                ('once', models.CharField(max_length=36, unique=True)),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('number', models.CharField(blank=True, max_length=32)),
                ('code', models.CharField(blank=True, max_length=64)),
                ('answer', models.CharField(blank=True, max_length=64)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('next_at', models.DateTimeField()),
                ('registered_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'unknown'])), fields=['next_at'], name='registration_due'), models.Index(condition=models.Q(('state', 'refused')), fields=['brand'], name='registration_refused')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'unknown', 'registered', 'refused'])), name='registration_state_known'), models.CheckConstraint(condition=models.Q(('state', 'registered'), ('registered_at', None), _connector='XOR'), name='registered_has_its_time'), models.UniqueConstraint(condition=models.Q(('number', ''), _negated=True), fields=('brand', 'system', 'number'), name='one_document_a_number')],
            },
        ),
        migrations.RunSQL(STAYS, GOES),
    ]
