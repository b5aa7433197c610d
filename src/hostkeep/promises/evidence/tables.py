"""What stands in our tables, as the application's own role sees them: everything but the vault."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from django.db import connection
from psycopg import sql

WHOLE = 20_000
"""Rows up to which a table is read whole; of a larger one only what this transaction and later ones wrote."""

READABLE = """
SELECT n.nspname, c.relname, c.reltuples
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'vault') AND n.nspname NOT LIKE 'pg\\_%'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 1, 2
"""
WRITTEN = """
SELECT relname, n_tup_ins + n_tup_upd FROM pg_stat_xact_user_tables WHERE n_tup_ins + n_tup_upd > 0
"""
RECENT = sql.SQL(" WHERE age(t.xmin) <= age(pg_current_xact_id()::xid)")
FOUND = sql.SQL(
    "SELECT count(*) FROM (SELECT t::text AS line FROM {table} t{recent}) AS lines"
    " WHERE lower(line) LIKE ANY(%s) OR line LIKE ANY(%s)"
)
SHORTEST = 8
"""Characters of a mark.  A shorter one would be found by chance."""


def written() -> dict[str, int]:
    """Return how many rows the running transaction has written, by table; a refused attempt counts too."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return dict(cursor.fetchall())


def readable() -> tuple[tuple[str, str, bool], ...]:
    """Return every table outside the vault that we may read: schema, name, whether it is read whole."""
    with connection.cursor() as cursor:
        cursor.execute(READABLE)
        return tuple((schema, name, tuples <= WHOLE) for schema, name, tuples in cursor.fetchall())


def holding(marks: Sequence[str]) -> tuple[str, ...]:
    """Return the tables that hold a mark in clear, in any case of letters, in hex or in base64.

    marks  at least SHORTEST characters each
    Raises ValueError for a shorter one.
    """
    if any(len(mark) < SHORTEST for mark in marks):
        raise ValueError("a mark is too short to be told from chance")
    plain = [f"%{_quoted(text)}%" for mark in marks for text in (mark.lower(), mark.encode().hex())]
    exact = [f"%{_quoted(text)}%" for mark in marks for text in _in_base64(mark)]
    found = []
    with connection.cursor() as cursor:
        for schema, name, whole in readable():
            table = sql.Identifier(schema, name)
            cursor.execute(FOUND.format(table=table, recent=sql.SQL("") if whole else RECENT), [plain, exact])
            if cursor.fetchone()[0]:
                found.append(name)
    return tuple(found)


def _in_base64(mark: str) -> Iterator[str]:
    """Give a mark as it stands within longer base64, whatever stood before it.  Source: RFC 4648."""
    for before in range(3):
        text = base64.b64encode(b"\0" * before + mark.encode()).decode().rstrip("=")
        first, last = (0, 2, 3)[before], len(text) - bool((before + len(mark.encode())) % 3)
        yield text[first:last]
        yield text[first:last].replace("+", "-").replace("/", "_")


def _quoted(text: str) -> str:
    """Quote what LIKE would read as a pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
