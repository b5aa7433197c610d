"""What lawfully stays of a person: classes under a hold, and classes whose term is not over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from hostkeep.brands.applying import policy_for
from hostkeep.brands.errors import NoSuchBrand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, SubjectId
from hostkeep.policy.book import Retention
from hostkeep.vault.models import Hold, Item, SubjectKey
from hostkeep.vault.wall import opened

RETENTION = "retention"


@dataclass(frozen=True, slots=True)
class Kept:
    """One class that stays.  secret: by order, the person is not told."""

    keep_class: str
    clause: ClauseId
    until: datetime | None
    why: str
    secret: bool = False


def held(subject: SubjectId) -> Mapping[str, Kept]:
    """Return the classes that an approved hold keeps, by name; a told one before a secret one."""
    with opened():
        rows = Hold.objects.filter(subject=subject, approved_at__isnull=False, ended_at__isnull=True)
        holds = list(rows.order_by("-secret", "review_at"))
    return {
        name: Kept(name, ClauseId(""), hold.review_at, hold.basis, hold.secret)
        for hold in holds
        for name in hold.classes
    }


def stays(act: Act, subject: SubjectId, *, but: frozenset[str] = frozenset()) -> tuple[Kept, ...]:
    """Return what stays of a person, by class.  but: classes that are being erased."""
    with opened():
        keys = SubjectKey.objects.filter(subject=subject).exclude(state__in=["erasing", "destroyed"])
        classes = set(keys.values_list("keep_class", flat=True)) - but
        ends = dict(
            Item.objects.filter(subject=subject, keep_class__in=classes)
            .values_list("keep_class")
            .annotate(end=Max("expires_at"))
        )
    by_hold, rules = held(subject), _rules(act, subject)
    return tuple(
        by_hold.get(name) or _by_rule(name, rules.get(name), ends.get(name)) for name in sorted(classes)
    )


def _rules(act: Act, subject: SubjectId) -> Mapping[str, Retention]:
    """Return the retention rules that apply to a person; none where the brand is not known."""
    try:
        return policy_for(act.brand, subject, act.at).retention
    except NoSuchBrand:
        return {}


def _by_rule(keep_class: str, rule: Retention | None, end: datetime | None) -> Kept:
    """Return a class that stays because its term is not over."""
    return Kept(keep_class, rule.clause if rule else ClauseId(""), end, RETENTION)
