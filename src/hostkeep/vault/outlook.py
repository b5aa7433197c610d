"""What closing an account would do to what is kept of a person.  Nothing is opened and nothing done here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Count, Max, Q, QuerySet

from hostkeep.audit.enter import enter_apart
from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId, Ref, SubjectId
from hostkeep.policy import schedule
from hostkeep.policy.book import Policy
from hostkeep.policy.schedule import ACCOUNT_CLOSED, Outcome
from hostkeep.vault.asking import Refused
from hostkeep.vault.due_classes import due_classes
from hostkeep.vault.ending import ARCHIVE, SEALS
from hostkeep.vault.holds import sees_secret
from hostkeep.vault.models import Hold, Item, SubjectKey
from hostkeep.vault.wall import opened

Becomes = Literal["erase", "deactivate", "archive", "keep", "hold"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one category of a person's data when the account is closed.

    what    erase      gone at `until`; where that is the time of asking, at once
            deactivate switched off at once, gone at `until`
            archive    moved to the archive, or there already; gone at `until`
            keep       stays under its own term, gone at `until`
            hold       due, but somebody with the right to it holds it back; `until` is when that is reviewed
    until   None: no date stands yet
    clause  the one that says so
    reads   the only purposes served from then on; empty: closing alone takes none away
    count   how many values there are
    bases   of a hold: why it was opened, of all that keep the class and of which who asks may know
    """

    category: CategoryId
    keep_class: str
    what: Becomes
    until: datetime | None
    clause: ClauseId
    reads: frozenset[PurposeId]
    count: int
    bases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Kept:
    """Values of one category and class.  ends: the latest date that stands.  newest: when the last came."""

    category: CategoryId
    keep_class: str
    count: int
    ends: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the tables say of a person: values, dates of classes that are fired, holds by class.

    held  when the last hold of a class is looked at again; bases: why they were opened
    """

    kept: tuple[_Kept, ...]
    fired: Mapping[str, datetime]
    held: Mapping[str, datetime]
    bases: Mapping[str, frozenset[str]]


def outlook(
    act: Act, *, subject: SubjectId, also: Collection[CategoryId] = ()
) -> tuple[Fate, ...]:
    """Return what closing the account would do now, by category and class.

    also  categories the person has values of that stand outside the vault's own table

    A customer may ask for their own alone.  A hold that is secret by order is shown to nobody but owner and
    privacy officer, before its day of review.  Raises Refused.
    """
    policy = policy_for(act.brand, subject, act.at)
    if act.role == "customer" and act.own != subject:
        person = Ref("person", subject)
        enter_apart(act, "vault.outlook.refused", person, category="", clause="", digest=policy.digest)
        raise Refused(why="not_own")
    known = _look_up(act, subject)
    rows = list(known.kept)
    there = {row.category for row in rows if row.keep_class != ARCHIVE}
    rows += [
        _Kept(category, policy.categories[category].keep_class, 0, None, None)
        for category in sorted(also)
        if category in policy.categories and category not in there
    ]
    return tuple(_fate(act, policy, known, row) for row in rows)


def _look_up(act: Act, subject: SubjectId) -> _Known:
    """Read what stands of a person at the brand: three queries, and two about what is due."""
    shown = _shown(act, subject)
    with opened():
        items = shown.values("category", "keep_class")
        found = list(
            items.annotate(n=Count("id"), ends=Max("expires_at"), newest=Max("collected_at")).order_by(
                "keep_class", "category"
            )
        )
        keys = SubjectKey.objects.filter(subject=subject, state__in=SEALS, ends_at__isnull=False)
        fired = {name: end for name, end in keys.values_list("keep_class", "ends_at") if end is not None}
        holds = Hold.objects.filter(subject=subject, approved_at__isnull=False, ended_at=None)
        if not sees_secret(act):
            holds = holds.filter(Q(secret=False) | Q(review_at__lte=act.at))
        standing = list(holds.order_by("review_at"))
    held = {name: row.review_at for row in standing for name in row.classes}
    bases = {name: frozenset(row.basis for row in standing if name in row.classes) for name in held}
    kept = tuple(
        _Kept(CategoryId(r["category"]), r["keep_class"], r["n"], r["ends"], r["newest"]) for r in found
    )
    return _Known(kept, fired, held, bases)


def _shown(act: Act, subject: SubjectId) -> QuerySet[Item]:
    """Return what stands of a person; who may not know of a secret hold is not shown what is due."""
    items = Item.objects.filter(subject=subject, brand=act.brand)
    if sees_secret(act):
        return items
    due = due_classes(subject, act.at)
    over = Q(keep_class__in=due.over) | (Q(expires_at__lte=act.at) & ~Q(keep_class__in=due.told))
    return items.exclude(over)


def _fate(act: Act, policy: Policy, known: _Known, row: _Kept) -> Fate:
    """Work one category out."""
    zone = brand(act.brand).zone
    plain = schedule.outcome(policy, row.keep_class, event=ACCOUNT_CLOSED, at=act.at, zone=zone)
    rule = policy.retention.get(row.keep_class)
    what, until = _what(policy, row, plain, act.at, zone)
    archived = what == "archive" and row.keep_class != ARCHIVE
    told = policy.retention[ARCHIVE] if archived else rule
    ends = known.fired.get(row.keep_class)
    if ends is not None and not archived:
        until = min(until or ends, ends)
    if row.keep_class in known.held:
        what, until = "hold", known.held[row.keep_class]
    return Fate(
        category=row.category,
        keep_class=row.keep_class,
        what=what,
        until=until,
        clause=told.clause if told else policy.closed_by.get("use", ClauseId("")),
        reads=told.reads if told else frozenset(),
        count=row.count,
        bases=known.bases.get(row.keep_class, frozenset()),
    )


def _what(
    policy: Policy, row: _Kept, plain: Outcome, at: datetime, zone: str
) -> tuple[Becomes, datetime | None]:
    """Return what becomes of a category, and until when it is there."""
    if row.keep_class == ARCHIVE:
        return "archive", plain.ends
    wanted = policy.duties.archive
    if plain.what == "archive" and wanted and row.category in wanted.categories:
        return "archive", schedule.ends_after(policy.retention[ARCHIVE], at, zone)
    if plain.what == "archive":
        return "erase", plain.ends
    if plain.own_terms:
        return "keep", _own_end(policy, row, plain, zone)
    return plain.what, plain.ends


def _own_end(policy: Policy, row: _Kept, plain: Outcome, zone: str) -> datetime | None:
    """Return when the last of values with terms of their own ends."""
    rule = policy.retention[row.keep_class]
    counted = schedule.expires_at(rule, row.newest, zone) if row.newest else None
    return row.ends or counted or plain.ends
