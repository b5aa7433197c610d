"""The vault's own schema: granted to hk_vault alone, the role that the door takes for its own statements."""

from django.db import migrations

WALLS = """
CREATE SCHEMA vault;
ALTER TABLE vault_item SET SCHEMA vault;
ALTER TABLE vault_keyring SET SCHEMA vault;
ALTER TABLE vault_subjectkey SET SCHEMA vault;
REVOKE ALL ON ALL TABLES IN SCHEMA vault FROM hk_app;
GRANT USAGE ON SCHEMA vault TO hk_vault;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA vault TO hk_vault;
CREATE FUNCTION vault.stay_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'destroyed' THEN
    RAISE EXCEPTION 'a destroyed key never lives again' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stay_destroyed BEFORE UPDATE ON vault.vault_subjectkey
  FOR EACH ROW EXECUTE FUNCTION vault.stay_destroyed();
"""


class Migration(migrations.Migration):
    dependencies = [("vault", "0001_initial")]
    operations = [migrations.RunSQL(WALLS, migrations.RunSQL.noop)]
