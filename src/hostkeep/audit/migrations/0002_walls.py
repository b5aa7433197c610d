"""The audit's own schema: the application adds and reads, nobody changes, not even the owner by mistake."""

from django.db import migrations

WALLS = """
CREATE SCHEMA audit;
ALTER TABLE audit_entry SET SCHEMA audit;
REVOKE ALL ON audit.audit_entry FROM hk_app;
GRANT USAGE ON SCHEMA audit TO hk_app;
GRANT SELECT, INSERT ON audit.audit_entry TO hk_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA audit TO hk_app;
CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is written once' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON audit.audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(WALLS, migrations.RunSQL.noop)]
