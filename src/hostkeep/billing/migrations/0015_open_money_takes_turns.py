"""When open money was asked about last, and when a payer was last sent to a page."""

from django.db import migrations, models

REFUND = """
CREATE OR REPLACE FUNCTION billing_refund_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moving text[] := ARRAY['state', 'code', 'settled_at', 'looked_at'];
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving - 'proof' = to_jsonb(OLD) - moving - 'proof'
     AND (NEW.proof = OLD.proof OR NEW.proof <> '') THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) = to_jsonb(OLD) || '{"proof": ""}'
     AND billing_year_is_over(OLD.created_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    """Three columns that are empty at first."""

    dependencies = [("billing", "0014_references_end")]

    operations = [
        migrations.AddField("paymentattempt", "shown_at", models.DateTimeField(null=True)),
        migrations.AddField("paymentattempt", "looked_at", models.DateTimeField(null=True)),
        migrations.AddField("refund", "looked_at", models.DateTimeField(null=True)),
        migrations.RunSQL(REFUND, migrations.RunSQL.noop),
    ]
