"""A transfer that paid several documents can be taken off them; what else covers one stays written once.

What credit put on a document leaves with the entry that gives just this credit back, which names it.
"""

from django.db import migrations

STAYS = """
CREATE OR REPLACE FUNCTION billing_allocation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND EXISTS (
    SELECT 1 FROM billing_payment WHERE id = OLD.payment_id AND account IS NULL AND turns > 0
  ) THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'DELETE' AND OLD.source = 'credit' AND EXISTS (
    SELECT 1 FROM billing_creditentry WHERE once = 'uncovered:' || OLD.id AND kind = 'uncovered'
      AND about = OLD.invoice_id AND minor = OLD.minor
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    """One trigger's function."""

    dependencies = [("billing", "0025_pay_links_revoked")]

    operations = [migrations.RunSQL(STAYS, migrations.RunSQL.noop)]
