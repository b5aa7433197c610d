"""What stands in clear ends with its years: of rows that are written once, exactly that and nothing else changes."""

from django.db import migrations

ENDED = """
CREATE FUNCTION billing_year_is_over(at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT date_trunc('year', at, 'UTC') + interval '1 year' <= runtime.now() + interval '1 day'
$$;

CREATE OR REPLACE FUNCTION billing_payment_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.account IS NULL AND ROW(NEW.id, NEW.brand, NEW.gateway, NEW.proof, NEW.minor, NEW.currency,
       NEW.attempt_id, NEW.reference, NEW.booked_on, NEW.received_at)
     IS NOT DISTINCT FROM ROW(OLD.id, OLD.brand, OLD.gateway, OLD.proof, OLD.minor, OLD.currency,
       OLD.attempt_id, OLD.reference, OLD.booked_on, OLD.received_at) THEN
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) = to_jsonb(OLD) || jsonb_build_object('proof', 'gone:' || OLD.id, 'reference', '')
     AND billing_year_is_over(OLD.received_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a payment is written once' USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION billing_dispute_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moving text[] := ARRAY['state', 'fee_minor', 'closed_at'];
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) = to_jsonb(OLD) || jsonb_build_object('proof', 'gone:' || OLD.id)
     AND billing_year_is_over(OLD.opened_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER stays ON billing_dispute;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON billing_dispute
  FOR EACH ROW EXECUTE FUNCTION billing_dispute_stays();

CREATE FUNCTION billing_decision_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) = to_jsonb(OLD) || '{"country": "", "region": ""}'
     AND billing_year_is_over((SELECT issued_at FROM billing_invoice WHERE id = OLD.invoice_id)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER stays ON billing_taxdecision;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON billing_taxdecision
  FOR EACH ROW EXECUTE FUNCTION billing_decision_stays();
"""

REFUND = """
CREATE FUNCTION billing_refund_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  moving text[] := ARRAY['state', 'code', 'settled_at'];
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
DROP TRIGGER stays ON billing_refund;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON billing_refund
  FOR EACH ROW EXECUTE FUNCTION billing_refund_stays();
"""


class Migration(migrations.Migration):
    """Four triggers."""

    dependencies = [("billing", "0013_proformas_end"), ("runtime", "0002_ground")]

    operations = [
        migrations.RunSQL(ENDED, migrations.RunSQL.noop),
        migrations.RunSQL(REFUND, migrations.RunSQL.noop),
    ]
