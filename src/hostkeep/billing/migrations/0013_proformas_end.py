"""A proforma that is withdrawn says so for good; no invoice follows it."""

import django.db.models.deletion
from django.db import migrations, models

ONE_OR_THE_OTHER = """
CREATE FUNCTION billing_withdrawn_or_followed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'billing_proformaended' THEN
    IF NOT EXISTS (SELECT 1 FROM billing_invoice WHERE id = NEW.invoice_id AND kind = 'proforma')
       OR EXISTS (SELECT 1 FROM billing_invoice WHERE corrects_id = NEW.invoice_id) THEN
      RAISE EXCEPTION 'only an open proforma is withdrawn' USING ERRCODE = 'check_violation';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM billing_proformaended WHERE invoice_id = NEW.corrects_id) THEN
    RAISE EXCEPTION 'proforma % is withdrawn', NEW.corrects_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER withdrawn_or_followed AFTER INSERT ON billing_proformaended
  FOR EACH ROW EXECUTE FUNCTION billing_withdrawn_or_followed();
CREATE TRIGGER withdrawn_or_followed AFTER INSERT ON billing_invoice
  FOR EACH ROW WHEN (NEW.kind = 'invoice' AND NEW.corrects_id IS NOT NULL)
  EXECUTE FUNCTION billing_withdrawn_or_followed();
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON billing_proformaended
  FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON billing_proformaended
  FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();
"""


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("billing", "0012_dunning_agenda")]

    operations = [
        migrations.CreateModel(
            name="ProformaEnded",
            fields=[
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, primary_key=True,
                        related_name="ended", serialize=False, to="billing.invoice",
                    ),
                ),
                ("reason", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(ONE_OR_THE_OTHER, migrations.RunSQL.noop),
    ]
