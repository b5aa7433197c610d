"""Reading the book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q

from hostkeep.audit.alarms import ALARM, verb_of
from hostkeep.audit.enter import APART, PERSON
from hostkeep.audit.models import Entry
from hostkeep.kernel.ids import BrandId, ClauseId, Ref


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as a list shows it.  category: one, or several with a blank between two."""

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

    @property
    def categories(self) -> tuple[str, ...]:
        """Each category of the entry by its name."""
        return tuple(self.category.split())


COLUMNS = tuple(each.name for each in fields(EntryRow))


@dataclass(frozen=True, slots=True)
class RaisedRow:
    """An alarm as it was entered.  kind: what happened, one word."""

    id: int
    kind: str
    brand: BrandId
    thing: UUID
    clause: ClauseId
    trace: str
    at: datetime


def entries_about(thing: UUID, *, first: int = 50) -> tuple[EntryRow, ...]:
    """Return what happened to a thing, newest first.  A person's stand under their pseudonym: see below."""
    return tuple(_row(e) for e in Entry.objects.filter(thing=thing).order_by("-id")[:first])


def entries_about_person(
    nym: UUID, *, verbs: Sequence[str] = (), since: datetime | None = None, first: int = 50
) -> tuple[EntryRow, ...]:
    """Return what happened to a person and their values, newest first, committed entries alone.

    nym    their name in the book, from vault.nyms
    verbs  these alone, where given
    since  not older, where given
    """
    found = Entry.objects.using(APART).filter(_of_persons(), thing=nym).order_by("-id")
    if verbs:
        found = found.filter(verb__in=verbs)
    if since is not None:
        found = found.filter(at__gte=since)
    return tuple(EntryRow(*row) for row in found.values_list(*COLUMNS)[:first])


def count_by(actor: str, verbs: Sequence[str], since: datetime) -> int:
    """Return how many entries of some verbs an actor has since a time, committed ones alone."""
    return Entry.objects.using(APART).filter(actor=actor, verb__in=verbs, at__gte=since).count()


def distinct_things_by(actor: str, verb: str, since: datetime) -> int:
    """Return how many different things an actor's entries of a verb are about, since a time."""
    found = Entry.objects.using(APART).filter(actor=actor, verb=verb, at__gte=since)
    return found.aggregate(many=Count("thing", distinct=True))["many"] or 0


def newest(
    *, brand: BrandId | None = None, verb: str = "", without: str = "", first: int = 50
) -> tuple[EntryRow, ...]:
    """Return the newest entries, of one brand and verb where given.

    without  leaves out entries whose trace begins so: what probes did begins with "probe:"
    """
    found = Entry.objects.order_by("-id")
    if without:
        found = found.exclude(trace__startswith=without)
    if brand is not None:
        found = found.filter(brand=brand)
    if verb:
        found = found.filter(verb=verb)
    return tuple(_row(e) for e in found[:first])


def count_of(*, brand: BrandId, verb: str, since: datetime) -> int:
    """Return how many entries of a verb a brand has since a time."""
    return Entry.objects.filter(brand=brand, verb=verb, at__gte=since).count()


def count_traced(*, brand: BrandId, prefix: str, since: datetime) -> int:
    """Return how many entries of a brand since a time have a trace that begins so.

    One index serves the prefix "probe:"; any other reads the whole brand.
    """
    return Entry.objects.filter(brand=brand, trace__startswith=prefix, at__gte=since).count()


def entered_apart(
    *, verb: str, brand: BrandId | None = None, thing: UUID | None = None, first: int
) -> tuple[EntryRow, ...]:
    """Return the newest entries of a verb that were entered apart, of a brand or about a thing where given.

    Read where they are entered: whoever just entered one sees it, inside a transaction too.
    """
    found = Entry.objects.using(APART).filter(verb=verb).order_by("-id")
    if brand is not None:
        found = found.filter(brand=brand)
    if thing is not None:
        found = found.filter(thing=thing)
    return tuple(_row(e) for e in found[:first])


def newest_id() -> int:
    """Return the number of the newest entry that alarms can see, 0 in an empty book."""
    return Entry.objects.using(APART).order_by("-id").values_list("id", flat=True).first() or 0


def raised_after(entry: int, *, most: int = 200) -> tuple[RaisedRow, ...]:
    """Return the alarms entered after an entry, oldest first; read where they are entered: apart."""
    found = Entry.objects.using(APART).filter(verb__startswith=ALARM, id__gt=entry).order_by("id")[:most]
    return tuple(
        RaisedRow(e.id, e.verb.split(".")[1], BrandId(e.brand), e.thing, ClauseId(e.clause), e.trace, e.at)
        for e in found
    )


def is_raised(kind: str, about: Ref, *, trace: str) -> bool:
    """Say whether an alarm about a thing was entered under a trace; what a running deed left is not seen."""
    return Entry.objects.filter(verb=verb_of(kind), thing=about.id, trace=trace).exists()


def _of_persons() -> Q:
    """Return the filter of what is about persons."""
    return Q(kind=PERSON) | Q(kind__startswith=f"{PERSON}.")


def _row(e: Entry) -> EntryRow:
    """Freeze a row."""
    return EntryRow(
        e.id, e.verb, e.actor, e.role, e.purpose, e.brand, e.kind, e.thing, e.category, e.clause, e.at
    )
