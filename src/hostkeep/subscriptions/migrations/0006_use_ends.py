"""Readings end before their month is billed where the policy says so, and billed months end with their documents.

What triggers let go is exactly that: a billed month whose invoice's year is over, or which cost nothing.
"""

from django.db import migrations, models

ENDS = """
CREATE OR REPLACE FUNCTION subscriptions_use_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  emptied jsonb := '{"quantity": 0, "full_minor": 0, "minor": 0}';
  over boolean := OLD.invoice IS NULL
    OR date_trunc('year', OLD.billed_at, 'UTC') + interval '1 year' <= runtime.now() + interval '1 day';
  later boolean := EXISTS (
    SELECT 1 FROM subscriptions_use n WHERE n.metered_id = OLD.metered_id AND n.starts_at > OLD.starts_at);
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.invoice IS NULL AND to_jsonb(NEW) - 'invoice' = to_jsonb(OLD) - 'invoice' THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND over AND to_jsonb(NEW) = to_jsonb(OLD) || emptied THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'DELETE' AND over AND later THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'billed use is written once' USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    """A sum, and an end."""

    dependencies = [("subscriptions", "0005_discounts_of_periods"), ("runtime", "0002_ground")]

    operations = [
        migrations.AddField(
            model_name="metered", name="carried", field=models.BigIntegerField(db_default=0, default=0)
        ),
        migrations.RunSQL(ENDS, migrations.RunSQL.noop),
    ]
