"""A catalogue as frozen data: what a brand sells, as its file says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostkeep.kernel.terms import Term
from hostkeep.shop.rules.pricing import Extra, PlanPrice

Words = Mapping[str, str]
"""A text by language; the key "" stands for every language."""


def in_language(words: Words, language: str) -> str:
    """Return a text in a language, else in English, else in the first there is, else an empty text."""
    for key in (language, "", "en"):
        if key in words:
            return words[key]
    return next(iter(words.values()), "")


@dataclass(frozen=True, slots=True)
class Fact:
    """One cell of the price list: label over value."""

    label: Words
    value: Words


@dataclass(frozen=True, slots=True)
class Question:
    """A plain question of the product page.

    kind    "domain_name": letters, digits, hyphens and dots
    ending  what the answer must end with, or an empty text
    """

    slug: str
    label: Words
    kind: str
    ending: str


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """A plan.  prices: by currency code.  trial_days: free before the first term, or none."""

    slug: str
    term: Term
    prices: Mapping[str, PlanPrice]
    trial_days: int = 0


@dataclass(frozen=True, slots=True)
class ChoiceEntry:
    """A choice of an option.  extras: what it adds, by currency.  spec: what it changes in the product's."""

    slug: str
    label: Words
    note: Words
    extras: Mapping[str, Extra]
    spec: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OptionEntry:
    """An option; its first choice is the standard one."""

    slug: str
    label: Words
    choices: tuple[ChoiceEntry, ...]


@dataclass(frozen=True, slots=True)
class TierEntry:
    """A span of a meter's prices.

    up_to  the last unit that belongs to it, or None: without an end
    rates  for one unit, millionths of a minor unit, by currency
    flats  for entering it, minor units, by currency
    """

    up_to: int | None
    rates: Mapping[str, int]
    flats: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class MeterEntry:
    """What is counted of a product's use, and what it costs.

    model     as subscriptions.rules.metering knows it
    unit, per what one is called, and how many of the meter's smallest unit it is
    included  units of a month that cost nothing
    """

    slug: str
    label: Words
    model: str
    unit: str
    per: int
    included: int
    tiers: tuple[TierEntry, ...]


@dataclass(frozen=True, slots=True)
class TermPrice:
    """What an add-on costs for a term.  prices: minor units by currency, the whole term."""

    term: Term
    prices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AddOnEntry:
    """An add-on as the catalogue says it.

    monthly  minor units by currency for each month of the term; empty for what is bought once
    terms    terms that have a price of their own
    once     with the first bill: a set-up, or all there is of what is bought once
    most     how many a service may have of it
    work     whether something is to be done to the service when it comes and goes
    """

    slug: str
    name: Words
    blurb: Words
    monthly: Mapping[str, int]
    terms: tuple[TermPrice, ...]
    once: Mapping[str, int]
    most: int = 1
    work: bool = False

    @property
    def recurs(self) -> bool:
        """Whether it is billed each term, and not once."""
        return bool(self.monthly)


@dataclass(frozen=True, slots=True)
class ProductEntry:
    """A product.

    stock      how many may be sold, or None without a limit
    requires   policy categories its order asks beyond sign-up
    recipient  the policy's recipient of these, or an empty text
    resold     provided by somebody else
    hidden     on sale by its address, in no list
    """

    slug: str
    name: Words
    tagline: Words
    facts: tuple[Fact, ...]
    driver: str
    spec: Mapping[str, str]
    stock: int | None
    requires: tuple[str, ...]
    recipient: str
    resold: bool
    hidden: bool
    questions: tuple[Question, ...]
    plans: tuple[PlanEntry, ...]
    options: tuple[OptionEntry, ...]
    meters: tuple[MeterEntry, ...] = ()
    add_ons: tuple[AddOnEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """A shelf of products, in the order shown."""

    slug: str
    name: Words
    intro: Words
    products: tuple[ProductEntry, ...]


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """The whole of a file.  digest: SHA-256 of its text, hex."""

    digest: str
    groups: tuple[GroupEntry, ...]
