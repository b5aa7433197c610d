"""A billed period stays as it is, and no two periods of a subscription overlap."""

from django.db import migrations

PERIODS = """
CREATE FUNCTION subscriptions_period_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.invoice IS NULL
     AND to_jsonb(NEW) - 'invoice' = to_jsonb(OLD) - 'invoice' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a billed period is written once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON subscriptions_period
  FOR EACH ROW EXECUTE FUNCTION subscriptions_period_stays();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON subscriptions_period
  FOR EACH STATEMENT EXECUTE FUNCTION subscriptions_period_stays();

CREATE FUNCTION subscriptions_no_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM subscriptions_period
              WHERE subscription_id = NEW.subscription_id AND id <> NEW.id
                AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at) THEN
    RAISE EXCEPTION 'this time is billed already' USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER no_overlap AFTER INSERT ON subscriptions_period
  DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION subscriptions_no_overlap();
"""


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("subscriptions", "0001_initial")]

    operations = [migrations.RunSQL(PERIODS, migrations.RunSQL.noop)]
