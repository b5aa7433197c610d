"""What is decided and moved is written once; an invoice is never covered, nor a payment given back, twice."""

from django.db import migrations

STAYS = """
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""

# Of some rows a few columns may change: how they stand.
ONLY = """
CREATE FUNCTION billing_only_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - TG_ARGV = to_jsonb(OLD) - TG_ARGV THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""

MOVES_ON = """
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION billing_only_moves_on({columns});
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""

COVERED = """
CREATE FUNCTION billing_not_covered_twice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(minor) FROM billing_allocation WHERE invoice_id = NEW.invoice_id)
     > (SELECT gross_minor FROM billing_invoice WHERE id = NEW.invoice_id) THEN
    RAISE EXCEPTION 'invoice % is covered by more than it comes to', NEW.invoice_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER not_covered_twice AFTER INSERT ON billing_allocation
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_not_covered_twice();

CREATE FUNCTION billing_not_given_back_twice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(minor) FROM billing_refund WHERE payment_id = NEW.payment_id AND state <> 'declined')
     > (SELECT minor FROM billing_payment WHERE id = NEW.payment_id) THEN
    RAISE EXCEPTION 'more of payment % is given back than came', NEW.payment_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER not_given_back_twice AFTER INSERT OR UPDATE ON billing_refund
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_not_given_back_twice();
"""

WRITTEN_ONCE = ("billing_taxdecision", "billing_creditentry")
MOVING = {
    "billing_refund": ("state", "code", "proof", "settled_at"),
    "billing_dispute": ("state", "fee_minor", "closed_at"),
    "billing_dunningstep": ("outcome",),
    "billing_dunningexception": ("until", "lifted_at"),
    "billing_finding": ("settled_at", "minor"),
}


def moving(table: str, columns: tuple[str, ...]) -> str:
    """Return the triggers of a table of whose rows some columns may change."""
    return MOVES_ON.format(table=table, columns=", ".join(f"'{name}'" for name in columns))


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("billing", "0006_documents_and_money")]

    operations = [
        *(migrations.RunSQL(STAYS.format(table=table), migrations.RunSQL.noop) for table in WRITTEN_ONCE),
        migrations.RunSQL(ONLY, migrations.RunSQL.noop),
        *(migrations.RunSQL(moving(table, names), migrations.RunSQL.noop) for table, names in MOVING.items()),
        migrations.RunSQL(COVERED, migrations.RunSQL.noop),
    ]
