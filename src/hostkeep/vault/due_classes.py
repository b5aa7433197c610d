"""What is due of a person and still lies here: its owner is shown it no longer, whatever keeps it.

A hold that is secret by order must not show, so what is due reads as gone whether a sweep has not come by
yet or such a hold keeps it: one rule for both, and no page, copy or sign-in tells one from the other.  What a
hold keeps that may be told of is shown, as held back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from hostkeep.kernel.ids import SubjectId
from hostkeep.vault.models import Hold, SubjectKey
from hostkeep.vault.wall import opened

GONE = ("held", "erasing", "destroyed")
ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Told:
    """What a person may be told of the holds that keep one of their classes.

    review_at  when the last of them is looked at again
    bases      why they were opened, words of vault.holds
    """

    review_at: datetime
    bases: frozenset[str]


@dataclass(frozen=True, slots=True)
class DueClasses:
    """What is due of one person at a time.

    over  classes that are due as a whole, and that no hold keeps of which they may be told
    told  classes that such a hold keeps
    due   all that are due as a whole, kept or not: no right of their person opens them
    """

    at: datetime
    over: frozenset[str]
    told: frozenset[str]
    due: frozenset[str]

    def hides(self, keep_class: str, expires_at: datetime | None) -> bool:
        """Say whether a value is to be shown no longer.  expires_at: its own end, or None."""
        if keep_class in self.told:
            return False
        return keep_class in self.over or (expires_at is not None and expires_at <= self.at)


def due_classes(subject: SubjectId, at: datetime) -> DueClasses:
    """Return what is due of a person.  Two queries, through the wall."""
    with opened():
        due = SubjectKey.objects.filter(subject=subject).filter(Q(state__in=GONE) | Q(ends_at__lte=at))
        names = frozenset(due.values_list("keep_class", flat=True))
        told = frozenset(_spoken(subject, at))
    return DueClasses(at, names - told, told, names)


def held_and_told(subject: SubjectId, at: datetime) -> Mapping[str, Told]:
    """Return the classes of a person that a hold keeps of which they may be told, due or not.

    Each with what may be told; a hold that is secret still adds nothing to it, beside one that is not either.
    """
    with opened():
        return _spoken(subject, at)


def _spoken(subject: SubjectId, at: datetime) -> Mapping[str, Told]:
    """Read the holds of which a person may be told, inside the wall."""
    holds = Hold.objects.filter(subject=subject, approved_at__isnull=False, ended_at=None)
    spoken = holds.filter(Q(secret=False) | Q(review_at__lte=at)).order_by("review_at", "id")
    found: dict[str, Told] = {}
    for classes, review_at, basis in spoken.values_list("classes", "review_at", "basis"):
        for name in classes:
            before = found[name].bases if name in found else frozenset()
            found[name] = Told(review_at, before | {basis})
    return found


def account_is_over(subject: SubjectId, at: datetime) -> bool:
    """Say whether a person's account is due and no hold keeps it of which they may be told."""
    return ACCOUNT in due_classes(subject, at).over


def kept_in_silence(at: datetime) -> tuple[SubjectId, ...]:
    """Return the people whose account is due and kept by a hold they are not told of."""
    with opened():
        holds = Hold.objects.filter(
            approved_at__isnull=False, ended_at=None, secret=True, review_at__gt=at,
            classes__contains=[ACCOUNT],
        )  # fmt: skip
        people = sorted(set(holds.values_list("subject", flat=True)))
    return tuple(SubjectId(who) for who in people if account_is_over(SubjectId(who), at))
