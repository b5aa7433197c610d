"""Checking the book: whether it still adds up, and what its accounts come to without any snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Money, money
from hostkeep.ledger.models import Entry, Posting

CHUNK = 100_000
"""Postings that are looked at in one query."""

LONG_TAIL = 1000
"""Postings after an account's newest snapshot that are too many."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the book that its own constraints should make impossible.

    what     "sum" (a currency of an entry is not zero), "legs" (an entry has too few, too many, or is not
             there) or "snapshot" (an account's is not what its postings come to)
    entry    the entry; None for a snapshot
    account  the account code of a snapshot, else an empty text
    """

    what: str
    entry: UUID | None = None
    account: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What one account code stands at in one currency: debits less credits."""

    account: str
    balance: Money


def standings(brand: BrandId, first: str, behind: str) -> tuple[Standing, ...]:
    """Return what a brand's account codes in a range stand at, summed over all their postings.

    first, behind  account codes in byte order: from the one to the other, which is left out
    A code is the brand's whose entry is the newest on it.  Snapshots are not asked: this is for checking.
    """
    found = _asked(STANDINGS, [first, behind, brand])
    return tuple(Standing(code, money(int(minor), currency)) for code, currency, minor in found)


def brand_of(entry: UUID) -> BrandId | None:
    """Return whose books an entry is in; None where there is no such entry."""
    found = Entry.objects.filter(id=entry).values_list("brand", flat=True).first()
    return None if found is None else BrandId(found)


def shorten_tails() -> int:
    """Take the snapshots that posts could not take, for they were never alone on an account; return how many.

    Posts take them as they go; this is for codes that were busy all day, and for a book older than snapshots.
    """
    long = _asked(LONG, [LONG_TAIL])
    took = 0
    for code, currency in long:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT ledger.take_snapshot(%s, %s, %s)", [code, currency, LONG_TAIL])
            took += bool(cursor.fetchone()[0])
    return took


def faults(*, first: int = 100) -> tuple[Fault, ...]:
    """Return what does not add up in the whole book; for the daily self-check and for doubters.

    Goes through all postings in chunks, by number, and looks closely where a chunk's sums are out: there
    something is wrong, or an entry lies across two chunks.
    """
    return tuple(islice(chain(_bad_entries(), _bare_entries(), _bad_snapshots()), first))


def _bad_entries() -> Iterator[Fault]:
    """Find entries that do not sum to zero, have other legs than they say or are missing."""
    newest = Posting.objects.aggregate(newest=Max("id"))["newest"] or 0
    seen: set[UUID] = set()
    for start in range(0, newest, CHUNK):
        suspects = [row[0] for row in _asked(SUSPECTS, [start, start + CHUNK]) if row[0] not in seen]
        seen.update(suspects)
        for entry, what in _asked(CLOSE_LOOK, [suspects]) if suspects else ():
            yield Fault(what, entry)


def _bare_entries() -> Iterator[Fault]:
    """Find entries without a posting."""
    for (entry,) in _asked(BARE, []):
        yield Fault("legs", entry)


def _bad_snapshots() -> Iterator[Fault]:
    """Find snapshots that are not the one before and what was posted in between."""
    last = 0
    while found := _asked("SELECT * FROM ledger.check_snapshots(%s, %s)", [last, CHUNK // 50]):
        last = found[-1][0]
        yield from (Fault("snapshot", account=account) for _, account, wrong in found if wrong)


def _asked(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


LONG = """
SELECT p.account, p.currency FROM ledger.ledger_posting p
  LEFT JOIN (SELECT account, currency, max(upto) AS upto FROM ledger.ledger_snapshot
    GROUP BY account, currency) s ON s.account = p.account AND s.currency = p.currency
 WHERE p.id > coalesce(s.upto, 0) GROUP BY p.account, p.currency HAVING count(*) >= %s
"""

STANDINGS = """
SELECT s.account, s.currency, s.minor FROM (
  SELECT account, currency, sum(minor) AS minor, max(id) AS newest FROM ledger.ledger_posting
   WHERE account >= %s AND account < %s GROUP BY account, currency) s
  JOIN ledger.ledger_posting p ON p.id = s.newest
  JOIN ledger.ledger_entry e ON e.id = p.entry_id
 WHERE e.brand = %s
"""

SUSPECTS = """
SELECT p.entry_id FROM (
  SELECT entry_id, currency, sum(minor) AS left_over, count(*) AS many FROM ledger.ledger_posting
   WHERE id > %s AND id <= %s GROUP BY entry_id, currency) p
  LEFT JOIN ledger.ledger_entry e ON e.id = p.entry_id
 GROUP BY p.entry_id, e.legs
HAVING bool_or(p.left_over <> 0) OR sum(p.many) IS DISTINCT FROM e.legs
"""

CLOSE_LOOK = """
WITH whole AS (SELECT entry_id, currency, sum(minor) AS left_over, count(*) AS many
  FROM ledger.ledger_posting WHERE entry_id = ANY(%s) GROUP BY entry_id, currency)
SELECT entry_id, 'sum' FROM whole GROUP BY entry_id HAVING bool_or(left_over <> 0)
UNION ALL
SELECT w.entry_id, 'legs' FROM whole w LEFT JOIN ledger.ledger_entry e ON e.id = w.entry_id
 GROUP BY w.entry_id, e.legs HAVING sum(w.many) IS DISTINCT FROM e.legs
"""

BARE = """
SELECT e.id FROM ledger.ledger_entry e
 WHERE NOT EXISTS (SELECT 1 FROM ledger.ledger_posting p WHERE p.entry_id = e.id)
"""
