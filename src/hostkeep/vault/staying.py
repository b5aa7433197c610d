"""What lawfully stays of a person: classes under a hold, and classes whose term is not over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from hostkeep.brands.applying import policy_for
from hostkeep.brands.errors import NoSuchBrand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, SubjectId
from hostkeep.policy.book import Retention
from hostkeep.vault.models import Hold, Item, SubjectKey
from hostkeep.vault.wall import opened

RETENTION = "retention"
HELD = "held"
"""The state of a key whose class was due, and which a hold keeps."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One class that stays.

    silent   the hold that keeps it and is secret by order still, or None: it may be told
    instead  as what it stays where that hold is not told of; None: it reads as gone
    """

    keep_class: str
    clause: ClauseId
    until: datetime | None
    why: str
    silent: UUID | None = None
    instead: Kept | None = None


def held(subject: SubjectId, at: datetime) -> Mapping[str, Kept]:
    """Return the classes that an approved hold keeps at a time, by name.

    One that may be told goes before a secret one; of secret ones counts the one that is told first.
    """
    with opened():
        rows = Hold.objects.filter(subject=subject, approved_at__isnull=False, ended_at__isnull=True)
        holds = list(rows.order_by("review_at", "id"))
    told = [hold for hold in holds if not hold.secret or hold.review_at <= at]
    silent = [hold for hold in holds if hold.secret and hold.review_at > at]
    return {
        name: Kept(name, ClauseId(""), hold.review_at, hold.basis, hold.id if hold in silent else None)
        for hold in (*reversed(silent), *told)
        for name in hold.classes
    }


def stays(act: Act, subject: SubjectId, *, but: frozenset[str] = frozenset()) -> tuple[Kept, ...]:
    """Return what stays of a person, by class.  but: classes that are being erased."""
    with opened():
        keys = SubjectKey.objects.filter(subject=subject).exclude(state__in=["erasing", "destroyed"])
        states = {name: state for name, state in keys.values_list("keep_class", "state") if name not in but}
        ends = dict(
            Item.objects.filter(subject=subject, keep_class__in=states)
            .values_list("keep_class")
            .annotate(end=Max("expires_at"))
        )
    by_hold, rules = held(subject, act.at), _rules(act, subject)
    by_rule = {name: _by_rule(name, rules.get(name), ends.get(name)) for name in sorted(states)}
    return tuple(
        _by_hold(by_hold[name], rule, states[name]) if name in by_hold else rule
        for name, rule in by_rule.items()
    )


def _by_hold(kept: Kept, rule: Kept, state: str) -> Kept:
    """Return a class that a hold keeps; what was due already stays by it alone."""
    return kept if kept.silent is None or state == HELD else replace(kept, instead=rule)


def _rules(act: Act, subject: SubjectId) -> Mapping[str, Retention]:
    """Return the retention rules that apply to a person; none where the brand is not known."""
    try:
        return policy_for(act.brand, subject, act.at).retention
    except NoSuchBrand:
        return {}


def _by_rule(keep_class: str, rule: Retention | None, end: datetime | None) -> Kept:
    """Return a class that stays because its term is not over."""
    return Kept(keep_class, rule.clause if rule else ClauseId(""), end, RETENTION)
