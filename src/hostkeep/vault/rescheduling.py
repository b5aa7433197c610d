"""New dates where a version of the policy shortened a term.  No date ever moves back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid5

from django.db import connection, transaction

from hostkeep.audit.enter import enter
from hostkeep.audit.reading import count_of
from hostkeep.audit.recorded import recorded
from hostkeep.brands.applying import versions_for
from hostkeep.brands.queries import brand as brand_row
from hostkeep.brands.queries import policy_by_digest, stands_apart, version_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref, SubjectId
from hostkeep.vault import ending
from hostkeep.vault.dropping import BRANDS
from hostkeep.vault.wall import opened

DONE = "vault.terms.applied"
AT_ONCE = 1000
"""People whose dates are set in one transaction."""

DAY = timedelta(days=1)
"""How often a brand is gone through where a version reaches people one by one."""

NEXT = """
SELECT subject FROM (
  (SELECT DISTINCT subject FROM vault.vault_item WHERE brand = %(brand)s AND subject > %(last)s
   ORDER BY subject LIMIT %(most)s)
  UNION
  (SELECT DISTINCT subject FROM vault.vault_subjectkey
   WHERE brand = %(brand)s AND fired_at IS NOT NULL AND state <> 'destroyed' AND subject > %(last)s
   ORDER BY subject LIMIT %(most)s)) p
ORDER BY subject LIMIT %(most)s
"""


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
    zone = brand_row(brand).zone
    moved, last = 0, UUID(int=0)
    while subjects := _next(brand, last):
        with transaction.atomic():
            for digest, group in _by_version(under, subjects).items():
                policy = policy_by_digest(digest)
                with opened():
                    moved += ending.bring_nearer(policy, zone, group)
        last = subjects[-1]
    return _finish(under, moved=moved)


@recorded(DONE)
def _finish(act: Act, *, moved: int) -> Rescheduled:
    """Enter that a brand's version is applied."""
    done = Rescheduled(act.brand, moved)
    if moved:
        enter(act, "vault.terms.shortened", done.ref, count=moved)
    return done


def _next(brand: BrandId, last: UUID) -> Sequence[UUID]:
    """Return the next people of a brand who have something with a date, in the order of their handles."""
    with opened(), connection.cursor() as cursor:
        cursor.execute(NEXT, {"brand": brand, "last": last, "most": AT_ONCE})
        return [row[0] for row in cursor.fetchall()]


def _by_version(act: Act, subjects: Sequence[UUID]) -> Mapping[str, list[UUID]]:
    """Return people by the digest of the version that applies to them."""
    applying = versions_for(act.brand, [SubjectId(who) for who in subjects], act.at)
    groups: dict[str, list[UUID]] = {}
    for who, row in applying.items():
        groups.setdefault(row.digest, []).append(who)
    return groups
