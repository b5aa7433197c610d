"""What was bought is emptied from an invoice whose time is over; nothing else on it ever changes."""

from django.db import migrations

EMPTIED = """
CREATE FUNCTION billing_only_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sealed text := TG_ARGV[0];
  issued timestamptz;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF TG_TABLE_NAME = 'billing_invoice' THEN
      issued := (to_jsonb(OLD) ->> 'issued_at')::timestamptz;
    ELSE
      SELECT issued_at INTO issued FROM billing_invoice
      WHERE id = (to_jsonb(OLD) ->> 'invoice_id')::uuid;
    END IF;
    IF to_jsonb(NEW) - sealed = to_jsonb(OLD) - sealed
       AND to_jsonb(NEW) ->> sealed ~ '^c2[.]gone[.][0-9a-f]{64}[.]$'
       AND date_trunc('year', issued, 'UTC') + interval '1 year' <= runtime.now() + interval '1 day' THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER stays ON billing_invoice;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON billing_invoice
  FOR EACH ROW EXECUTE FUNCTION billing_only_emptied('fingerprint');
DROP TRIGGER stays ON billing_invoiceline;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON billing_invoiceline
  FOR EACH ROW EXECUTE FUNCTION billing_only_emptied('title');
"""


class Migration(migrations.Migration):
    """The two triggers, a little wider."""

    dependencies = [("billing", "0002_written_once"), ("runtime", "0002_ground")]

    operations = [migrations.RunSQL(EMPTIED, migrations.RunSQL.noop)]
