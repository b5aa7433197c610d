"""What was promised is written once: no version of a policy is changed or taken away afterwards."""

from django.db import migrations

WRITTEN_ONCE = """
CREATE FUNCTION brands_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a version of a policy is written once' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER stays BEFORE UPDATE OR DELETE ON brands_policyversion
  FOR EACH ROW EXECUTE FUNCTION brands_refuse_change();
CREATE TRIGGER is_not_emptied BEFORE TRUNCATE ON brands_policyversion
  FOR EACH STATEMENT EXECUTE FUNCTION brands_refuse_change();
"""


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [("brands", "0001_initial")]

    operations = [migrations.RunSQL(WRITTEN_ONCE, migrations.RunSQL.noop)]
