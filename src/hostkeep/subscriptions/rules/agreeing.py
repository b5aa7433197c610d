"""What was agreed on: what recurs, for which term, at which price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostkeep.kernel.money import Money
from hostkeep.subscriptions.errors import BadPrice, BadTerm
from hostkeep.subscriptions.rules.terms import Term, term

MOST_MINOR = 10**15
MOST_TRIAL = 366
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Agreed:
    """What somebody took.

    product, plan  slugs of the catalogue
    title          as an invoice says it, at most 200 characters
    choices        by option
    price          for a whole term, as the brand's prices are
    trial_days     free of charge at the start, at most 366
    """

    product: str
    plan: str
    title: str
    choices: Mapping[str, str]
    term: Term
    price: Money
    trial_days: int = 0


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
    return agreed


def told_of(agreed: Agreed) -> Told:
    """Return what is sealed of it."""
    return Told(agreed.product, agreed.plan, agreed.title[:LONGEST_TITLE], dict(agreed.choices))
