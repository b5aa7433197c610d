"""What was agreed on: what recurs, for which term, at which price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostkeep.kernel.money import MILLION, Money
from hostkeep.subscriptions.errors import BadPrice, BadTerm
from hostkeep.subscriptions.rules.terms import Term, term

MOST_MINOR = 10**15
MOST_TRIAL = 366
LONGEST_TITLE = 200


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
class Agreed:
    """What somebody took.

    product, plan  slugs of the catalogue
    title          as an invoice says it, at most 200 characters
    choices        by option
    price          for a whole term, as the brand's prices are
    trial_days     free of charge at the start, at most 366
    discount       off the price, or None
    """

    product: str
    plan: str
    title: str
    choices: Mapping[str, str]
    term: Term
    price: Money
    trial_days: int = 0
    discount: Discount | None = None


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
    return agreed


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
