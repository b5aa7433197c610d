"""Months of the book: made ahead, and dropped when they are sealed and no longer needed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from django.db import DatabaseError, connection, transaction
from psycopg.errors import CheckViolation

from hostkeep.audit.checkpoints import NotOurs, newest, read, signers
from hostkeep.audit.models import DroppedMonth
from hostkeep.audit.notes import BadNote
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NotSealed(Foreseen):
    """A month cannot be dropped: it ended too lately, or no signed checkpoint covers all of it."""

    code = "audit.month.not_sealed"
    title = gettext_noop("This month of the audit cannot be dropped: no signed checkpoint covers all of it.")
    status = 409


class TooYoung(NotSealed):
    """A month ended less than 90 days ago by the server's own clock, or did not end yet."""

    code = "audit.month.too_young"
    title = gettext_noop("This month of the audit cannot be dropped: it did not end 90 days ago.")


class NoSuchMonth(NotSealed):
    """The book has no entries of a month, or they were dropped before."""

    code = "audit.month.none"
    title = gettext_noop("The audit has no such month, or has it no more.")
    status = 404


REFUSED: Mapping[str, type[NotSealed]] = MappingProxyType({
    "the month is too young": TooYoung,
    "the month is not over": TooYoung,
    "there is no such month": NoSuchMonth,
})
"""What the database says, by how it begins (migrations 0004 and 0005)."""


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """A month that was dropped.  Fields as in the table."""

    month: date
    entries: int
    sealed: int
    record: int


def make_months(act: Act) -> int:
    """Make room for the months to come, and for those whose entries came before their room did.

    Due work: called each minute, asks the database once.  Returns how many were made.
    """
    del act
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.make_months()")
        return int(cursor.fetchone()[0])


def drop_month(act: Act, *, month: date) -> int:
    """Drop the entries of a month that ended 90 days ago; their hashes stay, and the book says so itself.

    month  any day of it
    Returns how many entries went.  Raises NotSealed, and as such TooYoung and NoSuchMonth.
    """
    if not _signed_by_us():
        raise NotSealed(month=month.strftime("%Y-%m"))
    said: tuple[date | str, ...] = (month, act.actor, act.role, act.purpose, act.trace)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT audit.drop_month(%s, %s, %s, %s, %s)", said)
            return int(cursor.fetchone()[0])
    except DatabaseError as error:
        if isinstance(error.__cause__, CheckViolation):
            said_no = str(error.__cause__)
            kind = next((one for text, one in REFUSED.items() if said_no.startswith(text)), NotSealed)
            raise kind(month=month.strftime("%Y-%m")) from None
        raise


def _signed_by_us() -> bool:
    """Say whether the newest checkpoint bears our signature; the database alone cannot tell."""
    last = newest()
    try:
        return last is not None and read(last.note, signers()).size == last.size
    except (NotOurs, BadNote):
        return False


def dropped_months() -> tuple[DroppedRow, ...]:
    """Return the months that were dropped, oldest first."""
    rows = DroppedMonth.objects.order_by("month")
    return tuple(DroppedRow(row.month, row.entries, row.sealed, row.record) for row in rows)
