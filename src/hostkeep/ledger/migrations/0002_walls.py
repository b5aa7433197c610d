"""The ledger moves behind its wall: its own schema, insert and read only, every entry checked at commit."""

from django.db import migrations

MOVE = """
CREATE SCHEMA IF NOT EXISTS ledger;
GRANT USAGE ON SCHEMA ledger TO hk_app;
ALTER TABLE ledger_entry SET SCHEMA ledger;
ALTER TABLE ledger_posting SET SCHEMA ledger;
REVOKE ALL ON ledger.ledger_entry, ledger.ledger_posting FROM hk_app;
GRANT SELECT, INSERT ON ledger.ledger_entry, ledger.ledger_posting TO hk_app;
"""

APPEND_ONLY = """
CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is only ever added to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE ON ledger.ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER entry_is_not_emptied BEFORE TRUNCATE ON ledger.ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER posting_stays BEFORE UPDATE OR DELETE ON ledger.ledger_posting
  FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER posting_is_not_emptied BEFORE TRUNCATE ON ledger.ledger_posting
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
"""

# The trigger hangs on both tables: an entry without postings is as wrong as a posting added to an old entry.
ADDS_UP = """
CREATE FUNCTION ledger.entry_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  which uuid;
BEGIN
  IF TG_TABLE_NAME = 'ledger_entry' THEN
    which := NEW.id;
  ELSE
    which := NEW.entry_id;
  END IF;
  IF (SELECT count(*) FROM ledger.ledger_posting WHERE entry_id = which)
     IS DISTINCT FROM (SELECT legs::bigint FROM ledger.ledger_entry WHERE id = which) THEN
    RAISE EXCEPTION 'entry % has not the legs it says', which USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM ledger.ledger_posting WHERE entry_id = which
              GROUP BY currency HAVING sum(minor) <> 0) THEN
    RAISE EXCEPTION 'entry % does not sum to zero', which USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_adds_up AFTER INSERT ON ledger.ledger_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.entry_adds_up();
CREATE CONSTRAINT TRIGGER posting_adds_up AFTER INSERT ON ledger.ledger_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.entry_adds_up();
"""


class Migration(migrations.Migration):
    """Schema, grants and triggers."""

    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
        migrations.RunSQL(ADDS_UP, migrations.RunSQL.noop),
    ]
