"""What a discount takes off a price: a part of it, an amount, or both; never more than there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from hostkeep.kernel.money import MILLION, Money, halves_away
from hostkeep.kernel.terms import Term

DISCOUNT = "discount"


@dataclass(frozen=True, slots=True)
class Off:
    """A discount on the plan's price of a whole term.

    rate   millionths of it, rounded half away from zero; over a million counts as a million
    minor  an amount, in minor units of the price's currency
    most   what both take off at most, or None
    """

    rate: int = 0
    minor: int = 0
    most: int | None = None

    def on(self, price: Money) -> Money:
        """Return what is taken off a price: no more than there is."""
        part = halves_away(price.minor * min(self.rate, MILLION), MILLION) + self.minor
        limit = max(price.minor, 0)
        return Money(min(limit, part, limit if self.most is None else self.most), price.currency)

    def given_on(self, price: Money) -> Off:
        """Return it as it was given on a price: off a dearer one it takes no more than off that."""
        return replace(self, most=self.on(price).minor)


NOTHING = Off()
"""No discount."""


def off_of_all(found: Iterable[tuple[int | None, int]]) -> Off:
    """Return what some discounts take off together.  found: of each its rate, or None, and its amount."""
    some = list(found)
    fixed = sum(amount for rate, amount in some if rate is None)
    return Off(sum(rate or 0 for rate, _ in some), fixed)


def in_another_term(amount: int, left: int | None, *, old: Term, new: Term) -> tuple[int, int | None]:
    """Return what an amount off each term comes to in another term, and for how many of those it holds.

    amount  in minor units; left: terms that it still holds for, or None: for good

    By the time that both last, rounded down: what was promised for three months is none for three years, and
    an amount off a year is none off each month.
    """
    fitting = None if left is None else left * old.seconds // new.seconds
    return amount * new.seconds // old.seconds, fitting


def still_takes_off(amount: int, left: int | None, *, rate: int | None) -> bool:
    """Say whether a discount goes on in another term, as in_another_term has it; else it ends there."""
    return left != 0 and (rate is not None or amount != 0)
