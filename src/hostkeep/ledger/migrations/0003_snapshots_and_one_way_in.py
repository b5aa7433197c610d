"""Snapshots of balances, and functions as the only way into the book: one round trip books, checks and refuses."""

from django.db import migrations, models

SNAPSHOTS = """
ALTER TABLE public.ledger_snapshot SET SCHEMA ledger;
REVOKE ALL ON ledger.ledger_snapshot FROM hk_app;
GRANT SELECT ON ledger.ledger_snapshot TO hk_app;
CREATE TRIGGER snapshot_stays BEFORE UPDATE OR DELETE ON ledger.ledger_snapshot
  FOR EACH ROW EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER snapshot_is_not_emptied BEFORE TRUNCATE ON ledger.ledger_snapshot
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
"""

# All legs of an entry are written by one statement, so each statement can be checked as a whole, once: whatever
# entry it touched has now the legs it says and sums to zero.  An entry never touched is found at commit.
ADDS_UP = """
DROP TRIGGER entry_adds_up ON ledger.ledger_entry;
DROP TRIGGER posting_adds_up ON ledger.ledger_posting;
DROP FUNCTION ledger.entry_adds_up();

CREATE FUNCTION ledger.postings_add_up() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog, ledger, pg_temp SET enable_seqscan = off AS $$
DECLARE
  which uuid;
  few boolean;
BEGIN
  SELECT f.entry_id, sum(p.many) IS DISTINCT FROM e.legs INTO which, few
    FROM (SELECT DISTINCT entry_id FROM fresh) f
    LEFT JOIN ledger_entry e ON e.id = f.entry_id
    CROSS JOIN LATERAL (SELECT count(*) AS many, sum(minor) AS left_over FROM ledger_posting
      WHERE entry_id = f.entry_id GROUP BY currency) p
    GROUP BY f.entry_id, e.legs
    HAVING sum(p.many) IS DISTINCT FROM e.legs OR bool_or(p.left_over <> 0) LIMIT 1;
  IF few THEN
    RAISE EXCEPTION 'entry % has not the legs it says', which USING ERRCODE = 'check_violation';
  ELSIF which IS NOT NULL THEN
    RAISE EXCEPTION 'entry % does not sum to zero', which USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER postings_add_up AFTER INSERT ON ledger.ledger_posting
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger.postings_add_up();

CREATE FUNCTION ledger.entry_has_legs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM ledger.ledger_posting WHERE entry_id = NEW.id) THEN
    RAISE EXCEPTION 'entry % has not the legs it says', NEW.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_has_legs AFTER INSERT ON ledger.ledger_entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger.entry_has_legs();
"""

# For functions that ask `stands_at`: through an index whatever the table's size was when the plan was made.  The
# comparison of rows there fits one index alone, the one that begins with the account: of a plain `id > upto` the
# planner, which knows nothing of tails, would now and then make a walk over all numbers since the snapshot.
SHORT_TAILS = "SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off"

# Numbers of postings are given before they are committed, so "all up to number N" is settled only where nobody
# who writes to the account is still under way.  Writers leave a mark, a shared lock, on each account before they
# take numbers, or one on all (a bulk); a snapshot is taken in the instant in which it can have the mark alone.
# The block that looks is rolled back, and with it the lock is let go at once, whatever happens.  A snapshot that
# is not to be had now is taken by a later post.  Locks are of now: nothing about them is in a dump.
BALANCES = f"""
CREATE FUNCTION ledger.mark_of(code text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN hashtextextended(code, 5001);
CREATE FUNCTION ledger.spending_of(code text) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN hashtextextended(code, 5002);
CREATE FUNCTION ledger.mark_of_all() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN hashtextextended('all', 5003);

CREATE FUNCTION ledger.stands_at(code text, money text) RETURNS TABLE (minor numeric, tail bigint, upto bigint)
  LANGUAGE sql STABLE AS $$
  SELECT coalesce(s.minor, 0) + coalesce(t.minor, 0), t.many, t.newest
    FROM (SELECT 1) one
    LEFT JOIN LATERAL (SELECT n.upto, n.minor FROM ledger.ledger_snapshot n
      WHERE n.account = code AND n.currency = money ORDER BY n.upto DESC LIMIT 1) s ON true
    CROSS JOIN LATERAL (SELECT sum(p.minor) AS minor, count(*) AS many, max(p.id) AS newest
      FROM ledger.ledger_posting p
      WHERE p.account = code AND p.currency = money
        AND (p.account, p.currency, p.id) > (code, money, coalesce(s.upto, 0))) t
$$;

CREATE FUNCTION ledger.balance(code text, money text) RETURNS numeric LANGUAGE plpgsql STABLE
  SET search_path = pg_catalog, ledger, pg_temp {SHORT_TAILS} AS $$
BEGIN
  RETURN (SELECT s.minor FROM stands_at(code, money) s);
END $$;

CREATE FUNCTION ledger.check_snapshots(later_than bigint, many integer)
  RETURNS TABLE (number bigint, account text, wrong boolean) LANGUAGE sql STABLE
  SET search_path = pg_catalog, ledger, pg_temp {SHORT_TAILS} AS $$
  SELECT s.id, s.account, s.minor <> coalesce(b.minor, 0) + coalesce(t.minor, 0)
    FROM (SELECT * FROM ledger_snapshot n WHERE n.id > later_than ORDER BY n.id LIMIT many) s
    LEFT JOIN LATERAL (SELECT n.upto, n.minor FROM ledger_snapshot n
      WHERE n.account = s.account AND n.currency = s.currency AND n.upto < s.upto
      ORDER BY n.upto DESC LIMIT 1) b ON true
    CROSS JOIN LATERAL (SELECT sum(p.minor) AS minor FROM ledger_posting p WHERE p.account = s.account
      AND p.currency = s.currency
      AND (p.account, p.currency, p.id) > (s.account, s.currency, coalesce(b.upto, 0))
      AND (p.account, p.currency, p.id) <= (s.account, s.currency, s.upto)) t
    ORDER BY s.id
$$;

CREATE FUNCTION ledger.take_snapshot(code text, money text, shortest integer) RETURNS boolean LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, ledger, pg_temp {SHORT_TAILS} AS $$
DECLARE
  stood numeric;
  many bigint;
  newest bigint;
  alone boolean := false;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RETURN false;  -- it sees the book as it was before the mark was had
  END IF;
  BEGIN
    alone := pg_try_advisory_xact_lock(mark_of_all()) AND pg_try_advisory_xact_lock(mark_of(code));
    IF alone THEN
      SELECT s.minor, s.tail, s.upto INTO stood, many, newest FROM stands_at(code, money) s;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'HK001';
  EXCEPTION WHEN SQLSTATE 'HK001' THEN
    NULL;
  END;
  IF many >= shortest THEN
    INSERT INTO ledger_snapshot (account, currency, upto, minor) VALUES (code, money, newest, stood)
      ON CONFLICT DO NOTHING;
  END IF;
  RETURN alone;
END $$;
"""

# `post_alone` is for a post that is a transaction by itself.  A lock that is kept until the disk has the commit
# lets one post through a flush; so the commit does not wait (the lock goes), and then an empty transaction does.
# What is written later stands later in the log, so who builds on such a post is never durable before it, and the
# caller is answered only when the disk has it.
POST = f"""
CREATE FUNCTION ledger.same_legs(which uuid, codes text[], minors bigint[], moneys text[]) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, ledger, pg_temp AS $$
  SELECT (SELECT count(*) FROM ledger_posting WHERE entry_id = which) = cardinality(codes)
    AND NOT EXISTS (SELECT * FROM unnest(codes, minors, moneys)
      EXCEPT ALL SELECT account::text, minor, currency::text FROM ledger_posting WHERE entry_id = which)
$$;

CREATE FUNCTION ledger.post(
  new_id uuid, new_key text, new_brand text, new_at timestamptz, new_kind text, new_about uuid,
  codes text[], minors bigint[], moneys text[], floor_codes text[], floor_minors bigint[], floor_moneys text[],
  OUT entry uuid, OUT outcome text, OUT short text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ledger, pg_temp {SHORT_TAILS} AS $$
DECLARE
  legs CONSTANT integer := cardinality(codes);
  i integer;
  j integer;
  nothing text;
  held numeric;
  tail bigint;
BEGIN
  entry := new_id;
  outcome := 'new';
  IF cardinality(floor_codes) > 0 AND current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'what is covered is told by a look after the lock, which this transaction cannot take'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  FOR i IN 1..cardinality(floor_codes) LOOP
    nothing := pg_advisory_xact_lock(spending_of(floor_codes[i]));
  END LOOP;
  FOR i IN 1..cardinality(floor_codes) LOOP
    SELECT s.minor, s.tail INTO held, tail FROM stands_at(floor_codes[i], floor_moneys[i]) s;
    FOR j IN 1..legs LOOP
      IF codes[j] = floor_codes[i] AND moneys[j] = floor_moneys[i] THEN
        held := held + minors[j];
      END IF;
    END LOOP;
    IF (-held < floor_minors[i]) IS NOT FALSE THEN
      short := floor_codes[i];
    END IF;
    IF tail >= 64 THEN
      PERFORM take_snapshot(floor_codes[i], floor_moneys[i], 64);
    END IF;
  END LOOP;
  IF short IS NULL THEN
    FOR i IN 1..legs LOOP
      nothing := pg_advisory_xact_lock_shared(mark_of(codes[i]));
    END LOOP;
    WITH written AS (
      INSERT INTO ledger_entry (id, key, brand, at, about_kind, about_id, legs)
        VALUES (new_id, new_key, new_brand, new_at, new_kind, new_about, legs)
        ON CONFLICT (key) DO NOTHING RETURNING id)
    INSERT INTO ledger_posting (entry_id, account, minor, currency)
      SELECT w.id, l.code, l.minor, l.money
        FROM written w, unnest(codes, minors, moneys) AS l (code, minor, money);
    IF FOUND THEN
      IF random() * 256 < legs THEN
        i := 1 + floor(random() * legs)::integer;
        PERFORM take_snapshot(codes[i], moneys[i], 64);
      END IF;
      RETURN;
    END IF;
  END IF;
  SELECT e.id INTO entry FROM ledger_entry e WHERE e.key = new_key;
  IF entry IS NULL THEN
    outcome := 'short';
  ELSIF same_legs(entry, codes, minors, moneys) THEN
    outcome := 'again';
    short := NULL;
  ELSE
    outcome := 'differs';
  END IF;
END $$;

CREATE PROCEDURE ledger.post_alone(
  new_id uuid, new_key text, new_brand text, new_at timestamptz, new_kind text, new_about uuid,
  codes text[], minors bigint[], moneys text[], floor_codes text[], floor_minors bigint[], floor_moneys text[],
  INOUT entry uuid, INOUT outcome text, INOUT short text) LANGUAGE plpgsql AS $$
DECLARE
  nothing text;
  posted record;
BEGIN
  nothing := pg_catalog.set_config('synchronous_commit', 'off', true);
  posted := ledger.post(new_id, new_key, new_brand, new_at, new_kind, new_about, codes, minors, moneys,
    floor_codes, floor_minors, floor_moneys);
  COMMIT;
  nothing := pg_catalog.pg_logical_emit_message(true, 'ledger', '');
  entry := posted.entry;
  outcome := posted.outcome;
  short := posted.short;
END $$;

CREATE FUNCTION ledger.post_many(
  new_ids uuid[], new_keys text[], new_brand text, new_at timestamptz, new_kinds text[], new_abouts uuid[],
  leg_counts integer[], owners uuid[], codes text[], minors bigint[], moneys text[])
  RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, ledger, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(mark_of_all());
  WITH written AS (
    INSERT INTO ledger_entry (id, key, brand, at, about_kind, about_id, legs)
      SELECT n.id, n.key, new_brand, new_at, n.kind, n.about, n.legs
        FROM unnest(new_ids, new_keys, new_kinds, new_abouts, leg_counts) AS n (id, key, kind, about, legs)
        ORDER BY n.key ON CONFLICT (key) DO NOTHING RETURNING id)
  INSERT INTO ledger_posting (entry_id, account, minor, currency)
    SELECT w.id, l.code, l.minor, l.money
      FROM unnest(owners, codes, minors, moneys) AS l (owner, code, minor, money)
      JOIN written w ON w.id = l.owner;
  PERFORM take_snapshot(l.code, l.money, 64) FROM unnest(codes, moneys) AS l (code, money)
    GROUP BY l.code, l.money HAVING count(*) >= 64;
  RETURN QUERY SELECT e.id FROM unnest(new_keys) WITH ORDINALITY AS n (key, place)
    JOIN ledger_entry e ON e.key = n.key ORDER BY n.place;
END $$;
"""

GRANTS = """
REVOKE INSERT ON ledger.ledger_entry, ledger.ledger_posting FROM hk_app;
REVOKE ALL ON ALL ROUTINES IN SCHEMA ledger FROM PUBLIC;
GRANT EXECUTE ON ROUTINE ledger.post, ledger.post_alone, ledger.post_many, ledger.balance, ledger.stands_at,
  ledger.take_snapshot, ledger.check_snapshots TO hk_app;
"""


class Migration(migrations.Migration):
    """Table of snapshots, an index that ends where a snapshot begins, functions, triggers and grants."""

    dependencies = [("ledger", "0002_walls")]

    operations = [
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("account", models.CharField(db_collation="C", max_length=80)),
                ("currency", models.CharField(max_length=3)),
                ("upto", models.BigIntegerField()),
                ("minor", models.DecimalField(decimal_places=0, max_digits=38)),
            ],
            options={
                "db_table": "ledger_snapshot",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "currency", "upto"),
                        include=("minor",),
                        name="one_snapshot_a_place",
                    )
                ],
            },
        ),
        migrations.AlterField("entry", "key", models.CharField(db_collation="C", max_length=120)),
        migrations.AddConstraint(
            "entry", models.UniqueConstraint(fields=("key",), include=("id",), name="one_entry_a_key")
        ),
        migrations.AlterField(
            "posting",
            "entry",
            models.ForeignKey(
                db_constraint=False,
                on_delete=models.deletion.PROTECT,
                related_name="postings",
                to="ledger.entry",
            ),
        ),
        migrations.AlterField("posting", "account", models.CharField(db_collation="C", max_length=80)),
        migrations.RemoveIndex(model_name="posting", name="ledger_posting_account"),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(
                fields=["account", "currency", "id"], include=("minor",), name="ledger_posting_tail"
            ),
        ),
        migrations.RunSQL(SNAPSHOTS, migrations.RunSQL.noop),
        migrations.RunSQL(ADDS_UP, migrations.RunSQL.noop),
        migrations.RunSQL(BALANCES, migrations.RunSQL.noop),
        migrations.RunSQL(POST, migrations.RunSQL.noop),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
