"""New dates where a version of the policy shortened a term.  No date ever moves back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid5

from django.db import transaction

from hostkeep.audit.enter import enter
from hostkeep.audit.reading import count_of
from hostkeep.audit.recorded import recorded
from hostkeep.brands.applying import versions_for
from hostkeep.brands.queries import brand as brand_row
from hostkeep.brands.queries import policy_by_digest, stands_apart, version_in_force, versions_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref, SubjectId
from hostkeep.policy.book import Policy
from hostkeep.vault import ending
from hostkeep.vault.dropping import BRANDS
from hostkeep.vault.wall import opened

DONE = "vault.terms.applied"
AT_ONCE = 1000
"""People whose dates are set in one transaction."""

DAY = timedelta(days=1)
"""How often a brand is gone through where a version reaches people one by one."""


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """How many dates came nearer."""

    brand: BrandId
    moved: int

    @property
    def ref(self) -> Ref:
        """The brand."""
        return Ref("brands.brand", uuid5(BRANDS, self.brand))


def owed(act: Act, *, brand: BrandId) -> bool:
    """Say whether the version in force has not been applied to the dates that stand, as the book tells.

    Where a version reaches customers one by one, once a day.
    """
    since = version_in_force(brand, act.at).effective_at
    if stands_apart(brand):
        since = max(since, act.at - DAY)
    return count_of(brand=brand, verb=DONE, since=since) == 0


def reschedule(act: Act, *, brand: BrandId) -> Rescheduled:
    """Count everybody's dates anew by the version that applies to them, where that is sooner.

    Values without a date that have one by this version get it.  A longer term changes no date that stands.
    One transaction for so many people; killed in between, it begins again and finds the rest.
    """
    under = act.of_brand(brand)
    moved = sum(_apply(under, digest) for digest in _digests(act, brand))
    return _finish(under, moved=moved)


def _digests(act: Act, brand: BrandId) -> tuple[str, ...]:
    """Return the versions that apply to somebody: where all stand under one, the one in force."""
    if stands_apart(brand):
        return tuple(row.digest for row in versions_of(brand))
    return (version_in_force(brand, act.at).digest,)


def _apply(act: Act, digest: str) -> int:
    """Bring nearer what one version counts sooner, for those to whom it applies; return how many dates."""
    policy, zone = policy_by_digest(digest), brand_row(act.brand).zone
    moved, last = 0, UUID(int=0)
    while subjects := _behind(policy, zone, last):
        group = _under(act, digest, subjects)
        with transaction.atomic(), opened():
            moved += ending.bring_nearer(policy, zone, group) if group else 0
        last = subjects[-1]
    return moved


@recorded(DONE)
def _finish(act: Act, *, moved: int) -> Rescheduled:
    """Enter that a brand's version is applied."""
    done = Rescheduled(act.brand, moved)
    if moved:
        enter(act, "vault.terms.shortened", done.ref, count=moved)
    return done


def _behind(policy: Policy, zone: str, last: UUID) -> list[UUID]:
    """Return the next people whose dates a version counts sooner than they stand."""
    with opened():
        return ending.behind(policy, zone, last=last, most=AT_ONCE)


def _under(act: Act, digest: str, subjects: Sequence[UUID]) -> list[UUID]:
    """Return those of some people to whom a version applies."""
    applying = versions_for(act.brand, [SubjectId(who) for who in subjects], act.at)
    return [who for who, row in applying.items() if row.digest == digest]
