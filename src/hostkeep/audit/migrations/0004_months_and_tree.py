"""The book in partitions by month; the tree over it, its checkpoints, and the one way to drop a month."""

from django.db import migrations, models

MONTHS = """
ALTER TABLE audit.audit_entry RENAME TO entry_whole;
ALTER TABLE audit.entry_whole ALTER COLUMN id DROP IDENTITY IF EXISTS;
CREATE TABLE audit.audit_entry (LIKE audit.entry_whole INCLUDING CONSTRAINTS) PARTITION BY RANGE (at);
CREATE SEQUENCE audit.audit_entry_id_seq AS bigint OWNED BY audit.audit_entry.id;
ALTER TABLE audit.audit_entry ALTER COLUMN id SET DEFAULT nextval('audit.audit_entry_id_seq');
SELECT setval('audit.audit_entry_id_seq', greatest(max(id), 1), max(id) IS NOT NULL) FROM audit.entry_whole;
CREATE TABLE audit.entry_other PARTITION OF audit.audit_entry DEFAULT;
INSERT INTO audit.audit_entry SELECT * FROM audit.entry_whole;
DROP TABLE audit.entry_whole;

ALTER TABLE audit.audit_entry ADD CONSTRAINT entry_key PRIMARY KEY (at, id);
CREATE INDEX entry_number ON audit.audit_entry (id);
CREATE INDEX audit_thing ON audit.audit_entry (thing, at);
CREATE INDEX audit_verb ON audit.audit_entry (brand, verb, at);
CREATE INDEX audit_actor ON audit.audit_entry (actor, at);
CREATE INDEX audit_probes ON audit.audit_entry (brand, at) WHERE trace LIKE 'probe:%';
CREATE INDEX audit_alarms ON audit.audit_entry (id) WHERE verb LIKE 'alarm.%';

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON audit.audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.entry_other
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
GRANT SELECT, INSERT ON audit.audit_entry TO hk_app;
GRANT USAGE, SELECT ON SEQUENCE audit.audit_entry_id_seq TO hk_app;

CREATE FUNCTION audit.make_month(wanted date) RETURNS void LANGUAGE plpgsql
  SET search_path = audit, pg_temp AS $$
DECLARE
  first date := date_trunc('month', wanted::timestamp)::date;
  part text := 'entry_' || to_char(first, 'YYYY_MM');
  lower timestamptz := first::timestamp AT TIME ZONE 'UTC';
  upper timestamptz := (first + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass('audit.' || part) IS NOT NULL THEN
    RETURN;
  END IF;
  LOCK TABLE audit.entry_other IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('CREATE TABLE audit.%I (LIKE audit.audit_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part);
  IF EXISTS (SELECT 1 FROM audit.entry_other WHERE at >= lower AND at < upper) THEN
    ALTER TABLE audit.entry_other DISABLE TRIGGER USER;
    EXECUTE format('WITH moved AS (DELETE FROM audit.entry_other WHERE at >= $1 AND at < $2 RETURNING *)'
      ' INSERT INTO audit.%I SELECT * FROM moved', part) USING lower, upper;
    ALTER TABLE audit.entry_other ENABLE TRIGGER USER;
  END IF;
  EXECUTE format('ALTER TABLE audit.audit_entry ATTACH PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)',
    part, lower, upper);
  EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.%I'
    ' FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', part);
END $$;
REVOKE ALL ON FUNCTION audit.make_month(date) FROM PUBLIC;

CREATE FUNCTION audit.make_months() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = audit, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  present date := date_trunc('month', runtime.now() AT TIME ZONE 'UTC')::date;
  dues date[] := ARRAY(
    SELECT (present + n * interval '1 month')::date FROM generate_series(0, 3) AS n
    UNION SELECT date_trunc('month', at AT TIME ZONE 'UTC')::date FROM audit.entry_other
    ORDER BY 1
  );
  due date;
  made integer := 0;
BEGIN
  FOREACH due IN ARRAY dues LOOP
    IF to_regclass('audit.entry_' || to_char(due, 'YYYY_MM')) IS NULL THEN
      PERFORM pg_advisory_xact_lock(1096107092, 1);
      PERFORM audit.make_month(due);
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION audit.make_months() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.make_months() TO hk_app;
SELECT audit.make_months();
"""

TREE = """
ALTER TABLE audit_leaf SET SCHEMA audit;
ALTER TABLE audit_treenode SET SCHEMA audit;
ALTER TABLE audit_checkpoint SET SCHEMA audit;
ALTER TABLE audit_droppedmonth SET SCHEMA audit;
REVOKE ALL ON audit.audit_leaf, audit.audit_treenode, audit.audit_checkpoint, audit.audit_droppedmonth FROM hk_app;
GRANT SELECT, INSERT ON audit.audit_leaf, audit.audit_treenode, audit.audit_checkpoint TO hk_app;
GRANT SELECT ON audit.audit_droppedmonth TO hk_app;
ALTER TABLE audit.audit_leaf ADD CONSTRAINT leaf_is_a_hash CHECK (length(hash) = 32 AND position >= 0);
ALTER TABLE audit.audit_treenode ADD CONSTRAINT node_is_a_hash CHECK (length(hash) = 32);
ALTER TABLE audit.audit_checkpoint ADD CONSTRAINT root_is_a_hash CHECK (length(root) = 32 AND size > 0);

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON audit.audit_leaf
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.audit_leaf
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON audit.audit_treenode
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.audit_treenode
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON audit.audit_checkpoint
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.audit_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON audit.audit_droppedmonth
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON audit.audit_droppedmonth
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

CREATE FUNCTION audit.drop_month(
  wanted date, who text, as_role text, why text, traced text
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = audit, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  first date := date_trunc('month', wanted::timestamp)::date;
  part text := 'entry_' || to_char(first, 'YYYY_MM');
  covered bigint;
  entries bigint;
  records audit.audit_entry[];
  open_ones bigint;
  said bigint;
BEGIN
  IF (first + interval '1 month') AT TIME ZONE 'UTC' > runtime.now() THEN
    RAISE EXCEPTION 'the month is not over' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM pg_advisory_xact_lock(1096107092, 1);
  IF to_regclass('audit.' || part) IS NULL OR EXISTS (SELECT 1 FROM audit.audit_droppedmonth WHERE month = first) THEN
    RAISE EXCEPTION 'there is no such month, or no more' USING ERRCODE = 'check_violation';
  END IF;
  EXECUTE format('LOCK TABLE audit.%I IN ACCESS EXCLUSIVE MODE', part);
  SELECT coalesce(max(size), 0) INTO covered FROM audit.audit_checkpoint;
  EXECUTE format('SELECT count(*), count(*) FILTER (WHERE l.position IS NULL OR l.position >= $1)'
    ' FROM audit.%I e LEFT JOIN audit.audit_leaf l ON l.entry = e.id AND l.month = $2', part)
    INTO entries, open_ones USING covered, first;
  IF open_ones > 0 THEN
    RAISE EXCEPTION 'no signed checkpoint covers % entries of the month', open_ones USING ERRCODE = 'check_violation';
  END IF;
  -- what says that a month was dropped stays, so that it can be verified for ever
  records := ARRAY(
    SELECT e FROM audit.audit_entry e
    WHERE e.at >= first::timestamp AT TIME ZONE 'UTC' AND e.at < (first + interval '1 month') AT TIME ZONE 'UTC'
      AND e.verb = 'audit.month.dropped'
  );
  entries := entries - cardinality(records);
  INSERT INTO audit.audit_entry
    (verb, actor, role, purpose, brand, kind, thing, category, clause, digest, count, at, trace)
  VALUES ('audit.month.dropped', who, as_role, why, '', 'audit.month',
    ('00000000-0000-0000-0000-' || lpad(to_char(first, 'YYYYMM'), 12, '0'))::uuid,
    '', '', '', entries, runtime.now(), traced)
  RETURNING id INTO said;
  INSERT INTO audit.audit_droppedmonth (month, entries, sealed, record, at)
    VALUES (first, entries, covered, said, runtime.now());
  EXECUTE format('ALTER TABLE audit.audit_entry DETACH PARTITION audit.%I', part);
  EXECUTE format('DROP TABLE audit.%I', part);
  INSERT INTO audit.audit_entry SELECT * FROM unnest(records);
  RETURN entries;
END $$;
REVOKE ALL ON FUNCTION audit.drop_month(date, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.drop_month(date, text, text, text, text) TO hk_app;
"""


class Migration(migrations.Migration):

    dependencies = [("audit", "0003_probes_and_alarms"), ("runtime", "0002_ground")]

    operations = [
        migrations.RunSQL(
            MONTHS,
            migrations.RunSQL.noop,
            state_operations=[
                migrations.AddIndex(
                    model_name="entry", index=models.Index(fields=["actor", "at"], name="audit_actor")
                ),
            ],
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("position", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry", models.BigIntegerField(unique=True)),
                ("month", models.DateField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="TreeNode",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("hash", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField(max_length=32)),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DroppedMonth",
            fields=[
                ("month", models.DateField(primary_key=True, serialize=False)),
                ("entries", models.BigIntegerField()),
                ("sealed", models.BigIntegerField()),
                ("record", models.BigIntegerField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(TREE, migrations.RunSQL.noop),
    ]
