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
from hostkeep.vault.dropping import held_in, held_in_each


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
    A brand whose policy does not know the category, or keeps its class by no rule, is left out.  Whom a hold
    keeps is read for each brand as its turn comes, for whoever ends something then.
    """
    for found in _terms(category, at, brand):
        yield found.past(held_in(found.keep_class))


def past_terms_together(
    category: CategoryId, at: datetime, brand: BrandId | None = None
) -> tuple[Past, ...]:
    """Return what past_terms yields, for whoever only counts: holds are asked for once, for all brands."""
    found = tuple(_terms(category, at, brand))
    held = held_in_each([each.keep_class for each in found]) if found else {}
    return tuple(each.past(held.get(each.keep_class, ())) for each in found)


@dataclass(frozen=True, slots=True)
class _Term:
    """The term of one category at one brand, as Past has it, and the class that it belongs to."""

    brand: BrandId
    cut: datetime | None
    digest: str
    keep_class: str

    def past(self, held: tuple[UUID, ...]) -> Past:
        """Return what is past it, but for whom a hold keeps."""
        return Past(self.brand, self.cut, self.digest, held)


def _terms(category: CategoryId, at: datetime, brand: BrandId | None) -> Iterator[_Term]:
    """Yield the terms of a category brand by brand, as past_terms says."""
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
            yield _Term(row.id, schedule.cut_off(rule, at, row.zone), policy.digest, rule.keep_class)
