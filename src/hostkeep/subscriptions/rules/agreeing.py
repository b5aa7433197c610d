"""What was agreed on: what recurs, for which term, at which price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from hostkeep.kernel.money import MILLION, Money
from hostkeep.kernel.terms import Term
from hostkeep.subscriptions.errors import BadPrice, BadTerm, TooManyAddOns
from hostkeep.subscriptions.rules.terms import term

MOST_MINOR = 10**15
MOST_TRIAL = 366
LONGEST_TITLE = 200
MOST_PIECES = 100
"""Of one add-on."""


@dataclass(frozen=True, slots=True)
class Discount:
    """What is taken off the plan's price for some periods, the first among them.

    title    as an invoice says it, at most 200 characters
    each     off a whole term at the agreed price, more than nothing
    rate     where it is a part of the price, millionths: it goes with the price; 0: it stays the amount it is
    periods  for how many, or None: for good
    """

    title: str
    each: Money
    rate: int = 0
    periods: int | None = None


@dataclass(frozen=True, slots=True)
class AddOn:
    """An add-on as it is agreed on.

    slug, title  as the catalogue names it, and as an invoice says it, at most 200 characters
    unit    one piece for a whole term, as the brand's prices are; nothing for what is bought once
    once    one piece, with the first bill: its set-up, or all there is of it
    recurs  whether it is billed each term
    work    whether something is done to the service for it
    earlier  one piece for a whole term before the one that is had, of which a period is billed and not over
    """

    slug: str
    title: str
    unit: Money
    once: Money
    recurs: bool
    work: bool
    earlier: Mapping[Term, Money] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """An add-on and how many of it.

    lines  ids of what bills it besides its part, such as what an order calls it by
    """

    add_on: AddOn
    quantity: int
    lines: tuple[UUID, ...] = ()

    @property
    def once(self) -> Money:
        """What is due once for all pieces."""
        return self.add_on.once.times(self.quantity)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What somebody took.

    product, plan  slugs of the catalogue
    title          as an invoice says it, at most 200 characters
    choices        by option
    price          for a whole term, as the brand's prices are
    trial_days     free of charge at the start, at most 366
    discount       off the price, or None
    add_ons        what is taken beside it
    """

    product: str
    plan: str
    title: str
    choices: Mapping[str, str]
    term: Term
    price: Money
    trial_days: int = 0
    discount: Discount | None = None
    add_ons: tuple[Taken, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscription is for, as the catalogue names it.  choices: by option."""

    product: str
    plan: str
    title: str
    choices: Mapping[str, str]


def checked(agreed: Agreed) -> Agreed:
    """Return what can be agreed on.  Raises BadTerm, BadPrice."""
    term(agreed.term.unit, agreed.term.count)
    if not 0 <= agreed.price.minor <= MOST_MINOR:
        raise BadPrice
    if not 0 <= agreed.trial_days <= MOST_TRIAL:
        raise BadTerm(why="trial")
    if agreed.discount is not None and not _fits(agreed.discount, agreed.price):
        raise BadPrice
    for taken in agreed.add_ons:
        checked_taken(taken, currency=agreed.price.currency.code)
    return agreed


def checked_taken(taken: Taken, *, currency: str) -> Taken:
    """Return what can be taken, its title cut to what a line holds.  Raises BadPrice, TooManyAddOns."""
    add_on = taken.add_on
    if any(each.currency.code != currency for each in (add_on.unit, add_on.once)):
        raise BadPrice
    if not all(0 <= each.minor <= MOST_MINOR for each in (add_on.unit, add_on.once)):
        raise BadPrice
    if not 1 <= taken.quantity <= MOST_PIECES:
        raise TooManyAddOns(most=MOST_PIECES)
    return replace(taken, add_on=replace(add_on, title=add_on.title[:LONGEST_TITLE]))


def _fits(discount: Discount, price: Money) -> bool:
    """Say whether a discount takes something off a price, and no more than there is."""
    return (
        discount.each.currency == price.currency
        and 0 < discount.each.minor <= price.minor
        and 0 <= discount.rate <= MILLION
        and (discount.periods is None or discount.periods >= 1)
    )


def told_of(agreed: Agreed) -> Told:
    """Return what is sealed of it."""
    return Told(agreed.product, agreed.plan, agreed.title[:LONGEST_TITLE], dict(agreed.choices))
