"""What a configured line costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hostkeep.kernel.money import Currency, Money, total
from hostkeep.kernel.terms import Term
from hostkeep.shop.errors import BadQuantity

LEAST = 1
MOST = 20
"""Bounds of a quantity.  Whoever needs more than twenty talks to sales."""

MOST_LINES = 30
"""Bound of a cart."""


@dataclass(frozen=True, slots=True)
class PlanPrice:
    """A plan's price in one currency.

    price  for the whole term, for one piece
    setup  once, for one piece
    """

    price: Money
    setup: Money
    term: Term


@dataclass(frozen=True, slots=True)
class Extra:
    """What a choice adds to one piece.  monthly: each month of the term.  once: with the first invoice.

    Beside a plan of hours or days monthly is nothing: reading the catalogue demands it.
    """

    monthly: Money
    once: Money


@dataclass(frozen=True, slots=True)
class Cost:
    """What a line costs, all its pieces together.

    recurring  for each term
    setup      once
    later      what of it is not due yet, as a trial comes first; None for nothing
    """

    recurring: Money
    setup: Money
    later: Money | None = None

    @property
    def first(self) -> Money:
        """What is due with the order: the first term, but for what a trial comes before."""
        due = self.recurring + self.setup
        return due if self.later is None else due - self.later

    @property
    def now(self) -> Money:
        """What is due with the order but for set-up."""
        return self.first - self.setup


def cost_of(plan: PlanPrice, extras: Sequence[Extra], quantity: int) -> Cost:
    """Price so many pieces of a plan with what was chosen.

    extras    may be empty, in the term's currency
    quantity  LEAST..MOST
    Raises BadQuantity, MixedCurrencies.
    """
    checked_quantity(quantity)
    currency = plan.price.currency
    monthly = total([extra.monthly for extra in extras], currency)
    once = total([extra.once for extra in extras], currency)
    recurring = plan.price + monthly.times(plan.term.months)
    return Cost(recurring.times(quantity), (plan.setup + once).times(quantity))


def sum_of(costs: Sequence[Cost], currency: Currency) -> Cost:
    """Add the lines of a cart, which may have none.  Raises MixedCurrencies."""
    later = [cost.later for cost in costs if cost.later is not None]
    return Cost(
        total([cost.recurring for cost in costs], currency),
        total([cost.setup for cost in costs], currency),
        total(later, currency) if later else None,
    )


def checked_quantity(quantity: int) -> int:
    """Return quantity.  Raises BadQuantity outside LEAST..MOST."""
    if not LEAST <= quantity <= MOST:
        raise BadQuantity(least=LEAST, most=MOST)
    return quantity


def read_quantity(text: str) -> int:
    """Read a quantity as a person typed it.  Raises BadQuantity on all but LEAST..MOST in plain digits."""
    typed = text.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= len(str(MOST))):
        raise BadQuantity(least=LEAST, most=MOST)
    return checked_quantity(int(typed))
