"""The nightly scan: is there a personal value where none should be?

Declarations rot.  So once a day what is declared to hold nothing personal, and what is declared sealed or
hashed, is looked at: columns of all tables (jobs and mails among them) and the log files, by
`kernel.detectors`.  Of the vault's own columns the database counts behind the wall.  What is kept are entries
of the audit that name table, column, detector and whose row it is, never a value; the promise ledger reads
them (`newest`).
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from psycopg import sql

from hostkeep.audit.alarms import raise_alarm
from hostkeep.audit.enter import APART, enter_apart
from hostkeep.audit.reading import EntryRow, entered_apart
from hostkeep.brands.queries import all_brands
from hostkeep.kernel.act import Act
from hostkeep.kernel.columns import Declared, NotPersonal
from hostkeep.kernel.detectors import found_in
from hostkeep.kernel.ids import OPERATOR, BrandId, ClauseId, Ref
from hostkeep.runtime import columns, jobs, log_files
from hostkeep.vault import looking

log = structlog.get_logger()

ERRAND = "scan"
EVERY = timedelta(hours=24)
DONE = "flows.scan.done"
FOUND = "flows.scan.found"
ALARM = "value_in_clear"

WHOLE_PAGES = 400
"""Pages of 8 KB up to which a table is looked at whole; a larger one by so many by chance, and its newest."""
NEWEST_PAGES = 40
MOST_ROWS = 20_000
MOST_SIGHTINGS = 200
LONGEST = 100_000
"""Characters of a value that are looked at."""
WHOSE = "brand"
"""The column that names the brand of a row, in every table that has it."""
LONGEST_PLACE = 56
"""Characters of a place that an entry names."""

TEXTS = ("text", "character", "json", "inet", "cidr", "name", "xml")
"""How the database's types begin that can hold a text."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place that looks as if it held a value.

    place     "table.column" or "log name"
    detector  its name
    brand     whose row it is, or OPERATOR where that cannot be told: then it may be anybody's
    """

    place: str
    detector: str
    brand: BrandId = OPERATOR


@dataclass(frozen=True, slots=True)
class ScanRow:
    """A scan that was made.  sightings: empty where all was clean."""

    at: datetime
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """What one table is looked at for.

    told   what is declared of each column
    whose  the column that names the brand of a row, or an empty text
    """

    schema: str
    table: str
    told: Mapping[str, Declared]
    whose: str = ""


def send_due(act: Act) -> int:
    """Send the scan to a worker if the last one is EVERY ago.  A watch: called each minute."""
    return int(_is_due(act) and jobs.send(ERRAND, "house"))


def run_for(act: Act, about: str) -> int:
    """Scan if it is due; return how many values were looked at.  The errand's work."""
    del about
    return scan(act) if _is_due(act) else 0


def fresh(act: Act) -> ScanRow:
    """Return the newest scan, made now if there is none of the last day."""
    if _is_due(act):
        scan(act)
    return newest() or ScanRow(act.at, ())


def _is_due(act: Act) -> bool:
    """Say whether the last scan is EVERY ago."""
    last = newest()
    return last is None or last.at + EVERY <= act.at


def newest() -> ScanRow | None:
    """Return the newest scan that came to its end, or None.  Two look-ups in the audit."""
    found = entered_apart(verb=DONE, brand=OPERATOR, first=1)
    if not found:
        return None
    entered = entered_apart(verb=FOUND, thing=found[0].thing, first=MOST_SIGHTINGS)
    return ScanRow(found[0].at, tuple(_sightings(entered)))


def _sightings(entries: Iterable[EntryRow]) -> Iterator[Sighting]:
    """Give what a scan's entries name."""
    for entry in entries:
        yield Sighting(entry.kind.removeprefix("scan."), entry.category, BrandId(entry.brand))


def scan(act: Act) -> int:
    """Look everywhere, enter what was found, raise one alarm for all of it; return how much was looked at."""
    handle = uuid.uuid4()
    mine = replace(act.of_brand(OPERATOR), trace=f"scan:{handle.hex}")
    seen: Counter[Sighting] = Counter()
    looked = sum(_look(sample, seen) for sample in _samples()) + _look_at_logs(seen)
    # All or nothing: a scan that counts as made has rung, and one that dies rings the next time, once.
    with transaction.atomic(using=APART):
        for sighting, count in sorted(seen.items(), key=lambda item: astuple(item[0])):
            about = Ref(f"scan.{sighting.place}", handle)
            whose = mine.of_brand(sighting.brand)
            enter_apart(whose, FOUND, about, category=sighting.detector, clause="", digest="", count=count)
            log.error("scan.value_in_clear", name=sighting.place, control=sighting.detector, count=count)
        if seen:
            raise_alarm(mine, kind=ALARM, about=Ref("scan", handle), clause=ClauseId(""))
        enter_apart(mine, DONE, Ref("scan", handle), category="", clause="", digest="", count=looked)
    return looked


def _samples() -> Iterator[Sample]:
    """Give every table with a column worth a look."""
    kinds = {(each.schema, each.table, each.name): each.kind for each in columns.columns_there()}
    told: dict[tuple[str, str], dict[str, Declared]] = defaultdict(dict)
    for each in columns.declarations():
        kind = kinds.get((each.schema, each.table, each.column), "")
        if kind.startswith(TEXTS) and _should_be_silent(each.declared):
            told[each.schema, each.table][each.column] = each.declared
    for (schema, table), said in sorted(told.items()):
        yield Sample(schema, table, said, WHOSE if (schema, table, WHOSE) in kinds else "")


def _should_be_silent(said: Declared) -> bool:
    """Say whether a column is declared to show no value in clear."""
    return isinstance(said, NotPersonal) or said.how in {"sealed", "hashed"}


def _expected(said: Declared) -> frozenset[str]:
    """Return the shapes that a column may show for a good reason."""
    return said.holds if isinstance(said, NotPersonal) else frozenset()


def _look(sample: Sample, seen: Counter[Sighting]) -> int:
    """Look at one table; return how many values were looked at."""
    names = list(sample.told)
    if sample.schema == "vault":
        rows, counts = looking.count_shapes((sample.schema, sample.table), names, most=MOST_ROWS)
        for (name, detector), count in counts.items():
            _note(seen, sample, name, {detector: count})
        return rows * len(names)
    looked = 0
    ours = {row.id for row in all_brands()}
    known: dict[str, frozenset[str]] = {}
    for row in _rows(sample, [*names, sample.whose] if sample.whose else names):
        whose = BrandId(str(row[-1])) if sample.whose and row[-1] in ours else OPERATOR
        for name, value in zip(names, row, strict=False):
            if value:
                looked += 1
                if found := _shapes_in(str(value)[:LONGEST], sample.told[name], known):
                    _note(seen, sample, name, dict.fromkeys(found, 1), whose)
    return looked


def _shapes_in(text: str, said: Declared, known: dict[str, frozenset[str]]) -> frozenset[str]:
    """Return what the detectors see in a text.  known: what they saw in this table, for texts come often.

    The ciphertext of a sealed column is left out, and nothing else in such a column.
    """
    found = known.get(text)
    if found is None:
        sealed = not isinstance(said, NotPersonal) and said.how == "sealed" and looking.is_box(text)
        found = known[text] = frozenset() if sealed else found_in(text)
    return found


def _note(
    seen: Counter[Sighting], sample: Sample, name: str, counts: Mapping[str, int], whose: BrandId = OPERATOR
) -> None:
    """Count what is not expected in a column."""
    for detector, count in counts.items():
        if detector not in _expected(sample.told[name]):
            seen[Sighting(f"{sample.table}.{name}"[:LONGEST_PLACE], detector, whose)] += count


READABLE = """
SELECT c.relkind, (SELECT sum(pg_relation_size(d.oid)) / 8192 FROM pg_class d WHERE d.oid = c.oid
                   OR d.oid IN (SELECT relid FROM pg_partition_tree(c.oid)))::int
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
"""
WHOLE = sql.SQL("SELECT {columns} FROM {table} LIMIT {most}")
SAMPLE = sql.SQL("SELECT {columns} FROM {table} TABLESAMPLE SYSTEM ({percent}) LIMIT {most}")
NEWEST = sql.SQL("SELECT {columns} FROM {table} WHERE ctid >= {page} LIMIT {most}")


def _rows(sample: Sample, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    """Give rows of a table that we may read: all of a small one, else a sample and the newest pages."""
    with connection.cursor() as cursor:
        cursor.execute(READABLE, [sample.schema, sample.table])
        found = cursor.fetchone()
        if found is None:
            return
        kind, pages = found
        parts = {
            "columns": sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names),
            "table": sql.Identifier(sample.schema, sample.table),
            "most": sql.Literal(MOST_ROWS),
        }
        queries = [WHOLE.format(**parts)]
        if pages > WHOLE_PAGES:
            queries = [SAMPLE.format(percent=sql.Literal(100.0 * WHOLE_PAGES / pages), **parts)]
        if pages > WHOLE_PAGES and kind == "r":
            page = sql.Literal(f"({pages - NEWEST_PAGES},0)")
            queries.append(NEWEST.format(page=page, **parts))
        for query in queries:
            cursor.execute(query)
            yield from cursor.fetchall()


def _look_at_logs(seen: Counter[Sighting]) -> int:
    """Look at the ends of the log files; return how many lines were looked at."""
    looked = 0
    for path in log_files.log_files():
        for line in log_files.last_lines(path):
            looked += 1
            for detector in found_in(line[:LONGEST]):
                seen[Sighting(f"log {path.name}"[:LONGEST_PLACE], detector)] += 1
    return looked
