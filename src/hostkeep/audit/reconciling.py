"""Leaves whose entry is gone: those of dropped months are expected, all others were deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.db import connection

from hostkeep.audit.models import Entry
from hostkeep.audit.months import DroppedRow, dropped_months

DROPPED = "audit.month.dropped"

GONE = """
SELECT l.month, count(*) FROM audit.audit_leaf l
WHERE l.position < %s AND l.month >= %s
  AND NOT EXISTS (SELECT 1 FROM audit.audit_entry e WHERE e.id = l.entry)
GROUP BY l.month ORDER BY l.month
"""
WHICH = """
SELECT l.position FROM audit.audit_leaf l
WHERE l.position < %s AND l.month = %s
  AND NOT EXISTS (SELECT 1 FROM audit.audit_entry e WHERE e.id = l.entry)
ORDER BY l.position LIMIT %s
"""
GAP = """
SELECT min(place) FROM (
  SELECT position, row_number() OVER (ORDER BY position) - 1 AS place FROM audit.audit_leaf
) AS leaves WHERE position <> place
"""
BEGINNING = date(1970, 1, 1)


def missing(size: int, since: date | None, most: int) -> Iterator[tuple[date, int, list[int]]]:
    """Give the months that lack entries without having been dropped: month, how many, and where.

    size   leaves that are looked at
    since  months from this day's on alone
    most   places told of each month
    """
    excused = {row.month: row.entries for row in dropped_months()}
    with connection.cursor() as cursor:
        cursor.execute(GONE, [size, (since or BEGINNING).replace(day=1)])
        for month, many in cursor.fetchall():
            lacking = many - excused.get(month, 0)
            if lacking:
                cursor.execute(WHICH, [size, month, most])
                yield month, lacking, [row[0] for row in cursor.fetchall()]


def first_gap() -> int:
    """Return the first position that has no leaf although a later one has."""
    with connection.cursor() as cursor:
        cursor.execute(GAP)
        return int(cursor.fetchone()[0])


def false_drops() -> Iterator[DroppedRow]:
    """Give the months that are noted as dropped while the book's own entry does not say so.

    That entry is compared with its leaf as all others are, and it stays when its own month is dropped.
    """
    for row in dropped_months():
        said = Entry.objects.filter(id=row.record, verb=DROPPED, thing=handle_of(row.month))
        if not said.filter(count=row.entries).exists():
            yield row


def handle_of(month: date) -> UUID:
    """Return the handle of a month, as the entry of its dropping has it."""
    return UUID("00000000-0000-0000-0000-" + f"{month:%Y%m}".rjust(12, "0"))
