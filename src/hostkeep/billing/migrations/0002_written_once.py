"""Documents and money are written once: no change, no removal, and every invoice equals its lines and tax."""

from django.db import migrations

WRITTEN_ONCE = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

TABLES = ("billing_invoice", "billing_invoiceline", "billing_invoicetax", "billing_allocation")

STAYS = """
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""

# Of a payment one thing may change, once: for whom it was.
PAYMENT = """
CREATE FUNCTION billing_payment_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.account IS NULL AND ROW(NEW.id, NEW.brand, NEW.gateway, NEW.proof, NEW.minor, NEW.currency,
       NEW.attempt_id, NEW.reference, NEW.booked_on, NEW.received_at)
     IS NOT DISTINCT FROM ROW(OLD.id, OLD.brand, OLD.gateway, OLD.proof, OLD.minor, OLD.currency,
       OLD.attempt_id, OLD.reference, OLD.booked_on, OLD.received_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a payment is written once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stays BEFORE UPDATE ON billing_payment
  FOR EACH ROW EXECUTE FUNCTION billing_payment_stays();
CREATE TRIGGER is_not_removed BEFORE DELETE ON billing_payment
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON billing_payment
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""

SERIES = """
CREATE FUNCTION billing_series_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.last = OLD.last + 1 AND ROW(NEW.brand, NEW.kind, NEW.year) = ROW(OLD.brand, OLD.kind, OLD.year) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'numbers go up one by one' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER counts BEFORE UPDATE ON billing_series
  FOR EACH ROW EXECUTE FUNCTION billing_series_counts();
CREATE TRIGGER is_not_removed BEFORE DELETE ON billing_series
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();
"""

ADDS_UP = """
CREATE FUNCTION billing_invoice_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  which uuid;
  sheet billing_invoice%ROWTYPE;
BEGIN
  IF TG_TABLE_NAME = 'billing_invoice' THEN
    which := NEW.id;
  ELSE
    which := NEW.invoice_id;
  END IF;
  SELECT * INTO sheet FROM billing_invoice WHERE id = which;
  IF (SELECT (count(*), coalesce(sum(minor), 0)) FROM billing_invoiceline WHERE invoice_id = which)
     IS DISTINCT FROM (sheet.line_count::bigint,
       (CASE sheet.prices WHEN 'net' THEN sheet.net_minor ELSE sheet.gross_minor END)::numeric)
     OR (SELECT (coalesce(sum(net_minor), 0), coalesce(sum(tax_minor), 0))
           FROM billing_invoicetax WHERE invoice_id = which)
     IS DISTINCT FROM (sheet.net_minor::numeric, sheet.tax_minor::numeric) THEN
    RAISE EXCEPTION 'invoice % does not equal its lines and tax', which USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
"""

CHECKED = """
CREATE CONSTRAINT TRIGGER adds_up AFTER INSERT ON {table}
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_invoice_adds_up();
"""


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RunSQL(WRITTEN_ONCE, migrations.RunSQL.noop),
        *(migrations.RunSQL(STAYS.format(table=table), migrations.RunSQL.noop) for table in TABLES),
        migrations.RunSQL(PAYMENT, migrations.RunSQL.noop),
        migrations.RunSQL(SERIES, migrations.RunSQL.noop),
        migrations.RunSQL(ADDS_UP, migrations.RunSQL.noop),
        *(migrations.RunSQL(CHECKED.format(table=table), migrations.RunSQL.noop) for table in TABLES[:3]),
    ]
