"""A match can be taken back, and money that is nobody's be sent back or put away; the rest stays written once.

An allocation leaves only with the account of its payment: of a bank transfer of which nothing was given back.
"""

from django.db import migrations, models
from django.db.models import Q

ASIDE = ["", "going", "sent", "away", "payout"]

STAYS = """
CREATE OR REPLACE FUNCTION billing_payment_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  owner text[] := ARRAY['account', 'matched_at'];
  moving text[] := owner || ARRAY['aside', 'aside_why', 'aside_at', 'back_ref', 'back_proof'];
BEGIN
  IF OLD.account IS NULL AND to_jsonb(NEW) - moving = to_jsonb(OLD) - moving THEN
    RETURN NEW;
  END IF;
  IF OLD.account IS NOT NULL AND NEW.account IS NULL AND NEW.turns = OLD.turns + 1
     AND OLD.gateway = 'bank_transfer'
     AND to_jsonb(NEW) - owner - 'turns' = to_jsonb(OLD) - owner - 'turns'
     AND NOT EXISTS (SELECT 1 FROM billing_refund WHERE payment_id = OLD.id AND state <> 'declined') THEN
    RETURN NEW;
  END IF;
  IF to_jsonb(NEW) = to_jsonb(OLD)
       || jsonb_build_object('proof', 'gone:' || OLD.id, 'reference', '', 'back_proof', '')
     AND billing_year_is_over(OLD.received_at) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a payment is written once' USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION billing_allocation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND EXISTS (
    SELECT 1 FROM billing_payment WHERE id = OLD.payment_id AND account IS NULL AND turns > 0
  ) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER stays ON billing_allocation;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON billing_allocation
  FOR EACH ROW EXECUTE FUNCTION billing_allocation_stays();
"""


class Migration(migrations.Migration):
    """Six columns, their constraints, two triggers."""

    dependencies = [("billing", "0019_attempts_named")]

    operations = [
        migrations.AddField("payment", "turns", models.PositiveSmallIntegerField(default=0, db_default=0)),
        migrations.AddField(
            "payment", "aside", models.CharField(max_length=8, blank=True, default="", db_default="")
        ),
        migrations.AddField(
            "payment", "aside_why", models.CharField(max_length=12, blank=True, default="", db_default="")
        ),
        migrations.AddField("payment", "aside_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "payment", "back_ref", models.CharField(max_length=25, blank=True, default="", db_default="")
        ),
        migrations.AddField(
            "payment", "back_proof", models.CharField(max_length=140, blank=True, default="", db_default="")
        ),
        migrations.AddConstraint(
            "payment", models.CheckConstraint(condition=Q(aside__in=ASIDE), name="payment_aside_known")
        ),
        migrations.AddConstraint(
            "payment",
            models.CheckConstraint(
                condition=Q(aside="") | Q(account=None), name="payment_aside_is_nobodys"
            ),
        ),
        migrations.AddConstraint(
            "payment",
            models.UniqueConstraint(
                fields=["brand", "back_ref"], condition=~Q(back_ref=""), name="one_payment_a_back_ref"
            ),
        ),
        migrations.AddConstraint(
            "payment",
            models.UniqueConstraint(
                fields=["gateway", "back_proof"], condition=~Q(back_proof=""), name="one_payment_a_way_back"
            ),
        ),
        migrations.RunSQL(STAYS, migrations.RunSQL.noop),
    ]
