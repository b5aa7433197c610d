"""A call-back is taken by a function of its own: the server plans its two look-ups and its row once a connection."""

from __future__ import annotations

from django.db import migrations

TAKEN = """
CREATE FUNCTION billing_take_notice(
  new_id uuid, new_gateway text, new_event text, new_brand text, new_once text, new_about text,
  new_outcome text, new_proof text, new_of text, new_minor bigint, new_fee bigint, new_currency text,
  new_at timestamptz)
  RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  CASE new_about
    WHEN 'charge' THEN
      PERFORM FROM billing_paymentattempt t WHERE t.once = new_once AND t.gateway = new_gateway AND t.brand <> new_brand;
    WHEN 'refund' THEN
      PERFORM FROM billing_refund t WHERE t.once = new_once AND t.gateway = new_gateway AND t.brand <> new_brand;
    WHEN 'method' THEN
      PERFORM FROM billing_storedmethod t WHERE t.once = new_once AND t.gateway = new_gateway AND t.brand <> new_brand;
    WHEN 'dispute', 'returned' THEN
      PERFORM FROM billing_payment t WHERE t.gateway = new_gateway AND t.proof = new_of AND t.brand <> new_brand;
  END CASE;
  IF FOUND THEN
    RETURN 'elsewhere';
  END IF;
  INSERT INTO billing_gatewaynotice
    (id, gateway, event, brand, once, about, outcome, proof, "of", minor, fee_minor, currency, state, attempts, at)
  VALUES (new_id, new_gateway, new_event, new_brand, new_once, new_about, new_outcome, new_proof, new_of,
    new_minor, new_fee, new_currency, 'new', 0, new_at)
  ON CONFLICT (gateway, event) DO NOTHING;
  RETURN CASE WHEN FOUND THEN 'new' ELSE 'known' END;
END $$;
"""


class Migration(migrations.Migration):
    """One function."""

    dependencies = [("billing", "0023_paid_together")]

    operations = [migrations.RunSQL(TAKEN, "DROP FUNCTION billing_take_notice")]
