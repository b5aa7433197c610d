"""What is past its term brand by brand, for rooms that end columns of their own by the policy.

A value behind the door carries its own end.  A column outside it has none: its room asks here which of its
rows are over, and leaves out the people of whom a hold keeps the class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hostkeep.brands.errors import NoSuchBrand
from hostkeep.brands.queries import all_brands, policy_in_force
from hostkeep.kernel.ids import BrandId, CategoryId
from hostkeep.policy import schedule
from hostkeep.vault.dropping import held_in


@dataclass(frozen=True, slots=True)
class Past:
    """What of one category at one brand is past its term.

    cut     what came in before it; None: events of its owner end it and no day does
    digest  of the version in force
    held    people of whom a hold keeps the class
    """

    brand: BrandId
    cut: datetime | None
    digest: str
    held: tuple[UUID, ...]

    def asked(self) -> dict[str, Any]:
        """Return what a statement asks for, by name."""
        return {"brand": self.brand, "cut": self.cut, "digest": self.digest, "held": list(self.held)}

    def of_years(self, at: datetime) -> dict[str, Any]:
        """Return the same of documents, which end by whole years: the database lets no younger one go."""
        begun = datetime(at.astimezone(UTC).year, 1, 1, tzinfo=UTC)
        return {**self.asked(), "cut": None if self.cut is None else min(self.cut, begun)}


def past_terms(category: CategoryId, at: datetime, brand: BrandId | None = None) -> Iterator[Past]:
    """Yield, brand by brand, what of a category is past its term by the version in force.

    brand  this one alone; None: all
    A brand whose policy does not know the category, or keeps its class by no rule, is left out.
    """
    for row in all_brands():
        if brand not in {None, row.id}:
            continue
        try:
            policy = policy_in_force(row.id, at)
        except NoSuchBrand:  # no version in force yet
            continue
        known = policy.categories.get(category)
        rule = policy.retention.get(known.keep_class) if known else None
        if rule is not None:
            cut = schedule.cut_off(rule, at, row.zone)
            yield Past(row.id, cut, policy.digest, held_in(rule.keep_class))
