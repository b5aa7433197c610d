"""Checking whether an order's payment is sound, by what the payment system told and by nothing else.

The rules are data of the brand: `[qualification]` in its brand.toml.  Each reads one category of financial
data.  A refusal is never the last word: a person looks at the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal

from hostkeep.billing.errors.checks import BadQualification
from hostkeep.kernel.countries import COUNTRIES
from hostkeep.kernel.ids import CategoryId
from hostkeep.kernel.words import gettext_noop

PAYMENT, SOLVENCY = CategoryId("payment_ref"), CategoryId("solvency")
LOOKED_BACK = timedelta(days=30)
"""How far back declined payments count."""

MOST = 1000
Outcome = Literal["passed", "refused", "not_needed"]
Decision = Literal["", "let_through", "refused"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a brand checks of an order that is paid.

    refused_countries  of the card or account that paid; only_countries: where not empty, no other
    declined           from so many payments on that were declined within LOOKED_BACK; 0: not asked
    disputed           from so many payments on that the payer's bank took back; 0: not asked
    refused            from so many earlier orders on that a person refused; 0: not asked
    first_above        minor units by currency: what a first order may come to
    """

    refused_countries: frozenset[str] = frozenset()
    only_countries: frozenset[str] = frozenset()
    declined: int = 0
    disputed: int = 0
    refused: int = 0
    first_above: Mapping[str, int] = field(default_factory=dict)

    @property
    def asks_country(self) -> bool:
        """Whether it matters where a card or an account is from."""
        return bool(self.refused_countries or self.only_countries)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a check knows: states and amounts of payments, never who paid.

    minor, currency  what the order came to, in minor units
    countries        of the cards or accounts that paid it; an empty text where the payment system tells none
    declined, disputed  payments before this one, as Rules counts them
    refused          earlier orders that a person refused
    paid_before      whether the account paid for anything before
    """

    minor: int
    currency: str
    countries: frozenset[str] = frozenset()
    declined: int = 0
    disputed: int = 0
    refused: int = 0
    paid_before: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    label   what staff read
    reads   the category that it is judged by
    asked   whether a brand has it; hit: whether an order falls under it
    """

    label: str
    reads: CategoryId
    asked: Callable[[Rules], bool]
    hit: Callable[[Rules, Inputs], bool]


RULES: Mapping[str, Rule] = MappingProxyType({
    "country_refused": Rule(
        gettext_noop("Paid from a country that this brand does not take"), PAYMENT,
        lambda rules: bool(rules.refused_countries),
        lambda rules, known: bool(known.countries & rules.refused_countries),
    ),
    "country_not_listed": Rule(
        gettext_noop("Not paid from one of the countries that this brand takes"), PAYMENT,
        lambda rules: bool(rules.only_countries),
        lambda rules, known: bool(known.countries - rules.only_countries),
    ),
    "disputed_before": Rule(
        gettext_noop("A bank took an earlier payment back"), PAYMENT,
        lambda rules: rules.disputed > 0,
        lambda rules, known: known.disputed >= rules.disputed,
    ),
    "declined_before": Rule(
        gettext_noop("Payments were declined shortly before"), PAYMENT,
        lambda rules: rules.declined > 0,
        lambda rules, known: known.declined >= rules.declined,
    ),
    "refused_before": Rule(
        gettext_noop("An earlier order was refused after a person looked"), SOLVENCY,
        lambda rules: rules.refused > 0,
        lambda rules, known: known.refused >= rules.refused,
    ),
    "first_above": Rule(
        gettext_noop("A first order of a high amount"), PAYMENT,
        lambda rules: bool(rules.first_above),
        lambda rules, known: not known.paid_before
        and known.minor > rules.first_above.get(known.currency, known.minor),
    ),
})  # fmt: skip
"""By word, in the order in which they are judged."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check came to.  rule: the word of the rule that refused, or empty."""

    outcome: Outcome
    rule: str
    categories: tuple[CategoryId, ...]


def categories_of(rules: Rules) -> tuple[CategoryId, ...]:
    """Return what the rules of a brand read, sorted."""
    return tuple(sorted({rule.reads for rule in RULES.values() if rule.asked(rules)}))


def judge(rules: Rules, known: Inputs) -> Verdict:
    """Say what comes of an order; the first rule that it falls under counts."""
    read = categories_of(rules)
    for word, rule in RULES.items():
        if rule.asked(rules) and rule.hit(rules, known):
            return Verdict("refused", word, read)
    return Verdict("passed", "", read)


def rules_of(words: Mapping[str, Any]) -> Rules | None:
    """Read a brand's rules; None where it has none.  words: of brand.toml.  Raises BadQualification."""
    said = words.get("qualification")
    if said is None:
        return None
    if not isinstance(said, Mapping):
        raise BadQualification(why="it is a table")
    unknown = sorted(set(said) - set(Rules.__dataclass_fields__))
    if unknown:
        raise BadQualification(why=f"{unknown[0]} is no rule")
    rules = Rules(
        _countries(said, "refused_countries"), _countries(said, "only_countries"), _count(said, "declined"),
        _count(said, "disputed"), _count(said, "refused"), _amounts(said, words.get("currencies", ())),
    )  # fmt: skip
    if rules.refused_countries & rules.only_countries:
        raise BadQualification(why="a country is both taken and refused")
    return rules


def _countries(said: Mapping[str, Any], key: str) -> frozenset[str]:
    """Read a list of countries, two letters each."""
    listed = said.get(key, [])
    if not isinstance(listed, list) or not set(map(str, listed)) <= COUNTRIES:
        raise BadQualification(why=f"{key} lists countries by two letters of ISO 3166-1")
    return frozenset(map(str, listed))


def _count(said: Mapping[str, Any], key: str) -> int:
    """Read from how many on something counts."""
    number = said.get(key, 0)
    if type(number) is not int or not 0 <= number <= MOST:
        raise BadQualification(why=f"{key} is a whole number from 0 to {MOST}")
    return number


def _amounts(said: Mapping[str, Any], currencies: Any) -> Mapping[str, int]:
    """Read amounts by currency."""
    amounts = said.get("first_above", {})
    if not isinstance(amounts, Mapping) or not all(type(a) is int and a >= 0 for a in amounts.values()):
        raise BadQualification(why="first_above is a table: minor units by currency")
    if set(amounts) - set(currencies):
        raise BadQualification(why="first_above speaks of a currency that is none of the brand's")
    return MappingProxyType(dict(amounts))
