"""What was posted since a snapshot is read from there on, and not from an account's beginning."""

from __future__ import annotations

from django.db import migrations

# A comparison of rows beside `account = code` is no place to begin at: the index is then entered where the account
# begins, and every posting of it is walked over (PostgreSQL 18, nbtree: an equality on the first column is what the
# search starts with).  Two comparisons of rows are one stretch of the index, from the snapshot to the account's end,
# and still fit no other index.
LAST = 2**63 - 1

STANDS = f"""
CREATE OR REPLACE FUNCTION ledger.stands_at(code text, money text)
  RETURNS TABLE (minor numeric, tail bigint, upto bigint) LANGUAGE sql STABLE AS $$
  SELECT coalesce(s.minor, 0) + coalesce(t.minor, 0), t.many, t.newest
    FROM (SELECT 1) one
    LEFT JOIN LATERAL (SELECT n.upto, n.minor FROM ledger.ledger_snapshot n
      WHERE n.account = code AND n.currency = money ORDER BY n.upto DESC LIMIT 1) s ON true
    CROSS JOIN LATERAL (SELECT sum(p.minor) AS minor, count(*) AS many, max(p.id) AS newest
      FROM ledger.ledger_posting p
      WHERE (p.account, p.currency, p.id) > (code, money, coalesce(s.upto, 0))
        AND (p.account, p.currency, p.id) <= (code, money, {LAST})) t
$$;

CREATE OR REPLACE FUNCTION ledger.check_snapshots(later_than bigint, many integer)
  RETURNS TABLE (number bigint, account text, wrong boolean) LANGUAGE sql STABLE
  SET search_path = pg_catalog, ledger, pg_temp
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
  SELECT s.id, s.account, s.minor <> coalesce(b.minor, 0) + coalesce(t.minor, 0)
    FROM (SELECT * FROM ledger_snapshot n WHERE n.id > later_than ORDER BY n.id LIMIT many) s
    LEFT JOIN LATERAL (SELECT n.upto, n.minor FROM ledger_snapshot n
      WHERE n.account = s.account AND n.currency = s.currency AND n.upto < s.upto
      ORDER BY n.upto DESC LIMIT 1) b ON true
    CROSS JOIN LATERAL (SELECT sum(p.minor) AS minor FROM ledger_posting p
      WHERE (p.account, p.currency, p.id) > (s.account, s.currency, coalesce(b.upto, 0))
        AND (p.account, p.currency, p.id) <= (s.account, s.currency, s.upto)) t
    ORDER BY s.id
$$;
"""


class Migration(migrations.Migration):
    """Two functions anew."""

    dependencies = [("ledger", "0003_snapshots_and_one_way_in")]

    operations = [migrations.RunSQL(STANDS, migrations.RunSQL.noop)]
