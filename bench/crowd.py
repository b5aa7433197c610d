"""A crowd: one real customer's rows in every table, many times over, and a second house that has more of them.

Each copy has handles of its own: a handle h of the first becomes md5(h || n) in the n-th copy, in every table and in
the bodies of events, so that what belongs together still does.  Written as the database's superuser, without triggers:
what the deeds made once need not be checked once more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from uuid import UUID

import psycopg
from psycopg import sql

OTHER = "hostkeep_many"
AT_ONCE = 50_000
NOT_MULTIPLIED = frozenset({"audit_leaf", "audit_treenode", "audit_checkpoint", "runtime_tally"})

COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL), a.attidentity <> '' OR coalesce(pg_get_expr(d.adbin, d.adrelid), '') LIKE 'nextval%%',
  EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY(i.indkey)), a.atttypmod - 4
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum
"""
TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname IN ('public', 'vault', 'audit', 'ledger', 'runtime')
  AND c.relname !~ '^(django|procrastinate)_' ORDER BY 1, 2
"""


def multiply(database: str, handles: set[UUID], *, begin: int, count: int) -> dict[str, int]:
    """Make copies begin .. begin + count - 1 of all that hangs on some handles; return rows a copy by table."""
    with _superuser(database) as line:
        line.execute("SET session_replication_role = replica")
        line.execute("SET synchronous_commit = off")
        found = _hanging_on(line, set(handles))
        every = sorted(handles | {each for rows in found.values() for row in rows for each in row if isinstance(each, UUID)})
        for table, rows in found.items():
            _copies(line, table, rows, every, begin, count)
        line.execute("VACUUM ANALYZE")
        line.execute("CHECKPOINT")  # else the larger house still writes down what was just copied into it
        return {table: len(rows) for table, rows in found.items()}


@contextlib.contextmanager
def another_house() -> Iterator[None]:
    """A copy of the database under the name OTHER; the first is used again afterwards."""
    from hostkeep.vault import erasure_ledger

    close_connections()
    with _superuser("postgres") as line:
        line.execute(f"CREATE DATABASE {OTHER} TEMPLATE hostkeep OWNER hk_owner")
        line.execute(f"GRANT CONNECT ON DATABASE {OTHER} TO hk_app")
    here = erasure_ledger.path()
    here.with_name(f"erasures-{OTHER}.jsonl").write_bytes(here.read_bytes() if here.exists() else b"")
    yield
    go_to("hostkeep")


def close_connections() -> None:
    from django.db import connections

    for alias in ("default", "audit"):
        connections[alias].close()


def go_to(database: str) -> None:
    """Use a database from now on, with an erasure ledger of its own; connections are warm."""
    from django.db import connections

    from hostkeep.vault import erasure_ledger, replaying

    close_connections()
    erasure_ledger.NAME = "erasures.jsonl" if database == "hostkeep" else f"erasures-{database}.jsonl"
    for alias in ("default", "audit"):
        connections[alias].settings_dict["NAME"] = database
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM (SELECT 1 FROM audit.audit_entry LIMIT 1) AS warm")
    assert replaying.behind() == 0


def _hanging_on(line: psycopg.Connection, handles: set[UUID]) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of each table that name one of the handles, or what such a row is."""
    tables = [f"{schema}.{name}" for schema, name in line.execute(TABLES).fetchall() if name not in NOT_MULTIPLIED]
    found: dict[str, list[tuple[object, ...]]] = {}
    known: set[UUID] = set()
    while known != handles:
        known = set(handles)
        for table in tables:
            columns = line.execute(COLUMNS, [table]).fetchall()
            named = [sql.SQL("{} = ANY(%(handles)s)").format(sql.Identifier(c[0])) for c in columns if c[1] == "uuid"]
            named += [sql.SQL("{}::text ~ %(shape)s").format(sql.Identifier(c[0])) for c in columns if c[1] == "jsonb"]
            if not named:
                continue
            query = sql.SQL("SELECT * FROM {} WHERE {}").format(sql.SQL(table), sql.SQL(" OR ").join(named))
            rows = line.execute(query, {"handles": sorted(handles), "shape": "|".join(map(str, sorted(handles)))}).fetchall()
            if rows:
                found[table] = rows
                place = next((n for n, c in enumerate(columns) if c[0] == "id" and c[1] == "uuid"), None)
                handles |= {row[place] for row in rows} if place is not None else set()
    return found


def _copies(
    line: psycopg.Connection, table: str, rows: list[tuple[object, ...]], every: list[UUID], begin: int, count: int
) -> None:
    """Write the copies of a table's rows."""
    columns = [c for c in line.execute(COLUMNS, [table]).fetchall() if not c[2]]
    line.execute("DROP TABLE IF EXISTS pg_temp.first")
    line.execute(sql.SQL("CREATE TEMP TABLE first AS SELECT * FROM {} WITH NO DATA").format(sql.SQL(table)))
    with line.cursor() as cursor, cursor.copy("COPY first FROM STDIN") as copy:
        for row in rows:
            copy.write_row([psycopg.types.json.Jsonb(each) if isinstance(each, dict | list) else each for each in row])
    insert = sql.SQL("INSERT INTO {table} ({names}) SELECT {values} FROM pg_temp.first, generate_series(%s::int, %s::int) AS n").format(
        table=sql.SQL(table),
        names=sql.SQL(", ").join(sql.Identifier(c[0]) for c in columns),
        values=sql.SQL(", ").join(_as_copied(*c, every) for c in columns),
    )
    for start in range(begin, begin + count, AT_ONCE):
        line.execute(insert, [start, min(start + AT_ONCE, begin + count) - 1])


def _as_copied(name: str, kind: str, _fresh: bool, unique: bool, longest: int, every: list[UUID]) -> sql.Composable:
    """Return a column as the n-th copy has it."""
    column = sql.Identifier(name)
    if kind == "uuid":
        return sql.SQL("md5({0}::text || n)::uuid").format(column)
    if kind == "jsonb":
        text: sql.Composable = sql.SQL("{}::text").format(column)
        for each in every:
            text = sql.SQL("replace({}, {}, md5({} || n)::uuid::text)").format(text, sql.Literal(str(each)), sql.Literal(str(each)))
        return sql.SQL("({})::jsonb").format(text)
    if unique and kind in {"text", "character varying"}:
        short = sql.SQL("md5({} || n)").format(column)
        return sql.SQL("left({}, {})").format(short, sql.Literal(longest)) if longest > 0 else short
    if unique and kind == "bytea":
        return sql.SQL("decode(md5(encode({}, 'hex') || n), 'hex')").format(column)
    return column


def _superuser(database: str) -> psycopg.Connection:
    from django.conf import settings

    from hostkeep.runtime import postgres

    folder = postgres.folder_of(settings.HOSTKEEP.data)
    return psycopg.connect(f"postgresql://postgres@/{database}?host={folder}", autocommit=True)
