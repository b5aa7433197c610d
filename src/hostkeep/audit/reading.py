"""Reading the book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import BrandId


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as a list shows it."""

    id: int
    verb: str
    actor: str
    role: str
    purpose: str
    brand: str
    kind: str
    thing: UUID
    category: str
    clause: str
    at: datetime


def entries_about(thing: UUID, *, first: int = 50) -> tuple[EntryRow, ...]:
    """Return what happened to a thing, newest first."""
    return tuple(_row(e) for e in Entry.objects.filter(thing=thing).order_by("-id")[:first])


def newest(*, brand: BrandId | None = None, verb: str = "", first: int = 50) -> tuple[EntryRow, ...]:
    """Return the newest entries, of one brand and verb where given."""
    found = Entry.objects.order_by("-id")
    if brand is not None:
        found = found.filter(brand=brand)
    if verb:
        found = found.filter(verb=verb)
    return tuple(_row(e) for e in found[:first])


def count_of(*, brand: BrandId, verb: str, since: datetime) -> int:
    """Return how many entries of a verb a brand has since a time."""
    return Entry.objects.filter(brand=brand, verb=verb, at__gte=since).count()


def _row(e: Entry) -> EntryRow:
    """Freeze a row."""
    return EntryRow(
        e.id, e.verb, e.actor, e.role, e.purpose, e.brand, e.kind, e.thing, e.category, e.clause, e.at
    )
