"""An older title may be sealed anew, under an epoch's key or behind the door; nothing else changes."""

from django.db import migrations

RENEWED = """
CREATE OR REPLACE FUNCTION billing_only_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  sealed text := TG_ARGV[0];
  issued timestamptz;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF to_jsonb(NEW) - sealed = to_jsonb(OLD) - sealed
       AND to_jsonb(OLD) ->> sealed ~ '^c1[.][0-9]+[.]' AND to_jsonb(NEW) ->> sealed ~ '^c(1[.][0-9]+|2[.][a-z_]+)[.]' THEN
      RETURN NEW;
    END IF;
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
"""


class Migration(migrations.Migration):
    """The one function, with one more case."""

    dependencies = [("billing", "0004_seals_renewed")]

    operations = [migrations.RunSQL(RENEWED, migrations.RunSQL.noop)]
