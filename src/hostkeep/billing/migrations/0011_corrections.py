"""Why a note corrects what it corrects; and no document is ever taken back by more than it came to."""

from django.db import migrations, models

NOT_MORE = """
CREATE FUNCTION billing_not_taken_back_twice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(gross_minor) FROM billing_invoice WHERE corrects_id = NEW.corrects_id AND kind = 'credit_note')
     > (SELECT gross_minor FROM billing_invoice
         WHERE id = NEW.corrects_id AND kind IN ('invoice', 'debit_note') AND brand = NEW.brand
           AND account = NEW.account AND currency = NEW.currency) IS NOT FALSE THEN
    RAISE EXCEPTION 'document % is taken back by more than it came to', NEW.corrects_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER not_taken_back_twice AFTER INSERT ON billing_invoice
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'credit_note')
  EXECUTE FUNCTION billing_not_taken_back_twice();
"""


class Migration(migrations.Migration):
    """A column and a trigger."""

    dependencies = [("billing", "0010_credit_put_in")]

    operations = [
        migrations.AddField(
            model_name="invoice",
            name="reason",
            field=models.CharField(blank=True, db_default="", max_length=16),
        ),
        migrations.RunSQL(NOT_MORE, migrations.RunSQL.noop),
    ]
