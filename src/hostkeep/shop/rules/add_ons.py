"""Add-ons: extras of a product that are billed beside its plan, and come and go alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hostkeep.kernel.money import Currency, Money, total
from hostkeep.kernel.terms import Term, same_term
from hostkeep.shop.errors import BadAddOnQuantity, NoSuchAddOn
from hostkeep.shop.rules.catalogue import AddOnEntry
from hostkeep.shop.rules.pricing import Cost

WORK = "add_on."
"""What such names begin with."""

MOST_OF_ONE = 100
"""Bound of what a catalogue may allow of one add-on, a service."""


@dataclass(frozen=True, slots=True)
class AddOnPrice:
    """What one piece of an add-on costs.

    term  for the whole term; nothing for what is bought once
    once  with the first bill
    """

    term: Money
    once: Money

    def times(self, pieces: int) -> Cost:
        """Return what so many cost."""
        return Cost(self.term.times(pieces), self.once.times(pieces))


def price_of(entry: AddOnEntry, *, term: Term, currency: Currency) -> AddOnPrice:
    """Return what one piece of an add-on costs beside a plan of a term.

    For a term of hours or days it has a price of its own: reading the catalogue demands it.
    """
    code = currency.code
    own = next((each.prices[code] for each in entry.terms if same_term(each.term, term)), None)
    price = own if own is not None else entry.monthly.get(code, 0) * term.months
    return AddOnPrice(Money(price, currency), Money(entry.once.get(code, 0), currency))


def checked_add_ons(offered: Sequence[AddOnEntry], wished: Mapping[str, int]) -> dict[str, int]:
    """Return what can be had of what is wished for, in the catalogue's order; none of one is left out.

    wished  how many of each, for one service
    Raises NoSuchAddOn, BadAddOnQuantity.
    """
    known = {each.slug: each for each in offered}
    for slug, pieces in wished.items():
        if slug not in known:
            raise NoSuchAddOn(add_on=slug[:60])
        if not 0 <= pieces <= known[slug].most:
            raise BadAddOnQuantity(add_on=slug, most=known[slug].most)
    return {each.slug: wished[each.slug] for each in offered if wished.get(each.slug)}


def read_pieces(text: str, *, add_on: str, most: int) -> int:
    """Read how many of an add-on somebody wants, as they typed it; nothing typed is none.

    Raises BadAddOnQuantity on all but 0..most in plain digits.
    """
    typed = text.strip() or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) <= len(str(MOST_OF_ONE))) or int(typed) > most:
        raise BadAddOnQuantity(add_on=add_on[:60], most=most)
    return int(typed)


def sum_of_add_ons(costs: Sequence[Cost], currency: Currency) -> Cost:
    """Add up what add-ons cost; there may be none."""
    recurring = total([cost.recurring for cost in costs], currency)
    return Cost(recurring, total([cost.setup for cost in costs], currency))


def work_key(slug: str) -> str:
    """Return what an add-on is called in what a driver, or staff, is told to do to a service."""
    return f"{WORK}{slug}"
