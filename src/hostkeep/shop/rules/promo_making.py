"""What a promo code may be when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hostkeep.kernel.money import CURRENCIES, MILLION
from hostkeep.shop.errors import BadPromo
from hostkeep.shop.rules.catalogue import Words
from hostkeep.shop.rules.promo import Kind, normal

MOST_MINOR = 10**12
MOST_TIMES = 1_000_000_000
MOST_PERIODS = 1200
LONGEST_TERM = 120
LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class Making:
    """A code as somebody means to make it.

    code      as typed
    title     what invoices call it, by language; "" stands for every language
    value     millionths of a price ("percent"), or minor units of `currency` ("fixed")
    groups, products, plans, months  to which it is bound; empty: to none
    periods   for how many periods it holds, the first among them; None: for good
    least     what an order comes to at least, by currency; empty: no bound
    most_uses, most_each  in all, and by one account; None: without a limit
    starts_at, ends_at  half open; None: without an end
    """

    code: str
    title: Words
    kind: Kind
    value: int
    starts_at: datetime
    currency: str = ""
    groups: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    months: tuple[int, ...] = ()
    periods: int | None = 1
    least: Mapping[str, int] | None = None
    most_uses: int | None = None
    most_each: int | None = None
    new_customers_only: bool = False
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offered:
    """What a brand has that a code may name.  currencies: codes; the rest: slugs."""

    currencies: tuple[str, ...]
    groups: frozenset[str]
    products: frozenset[str]
    plans: frozenset[str]


def checked(making: Making, offered: Offered, *, at: datetime) -> Making:
    """Return a code that can be made.  Raises BadPromo, which names the first field that cannot be."""
    least = making.least or {}
    faults: dict[str, bool] = {
        "code": not normal(making.code),
        "title": not making.title or not all(_is_title(text) for text in making.title.values()),
        "kind": making.kind not in ("percent", "fixed"),
        "value": not 1 <= making.value <= (MILLION if making.kind == "percent" else MOST_MINOR),
        "currency": not _fits_currency(making, offered),
        "groups": not offered.groups.issuperset(making.groups),
        "products": not offered.products.issuperset(making.products),
        "plans": not offered.plans.issuperset(making.plans),
        "months": not all(1 <= months <= LONGEST_TERM for months in making.months),
        "periods": not _is_count(making.periods, MOST_PERIODS),
        "least": not all(c in offered.currencies and 0 < m <= MOST_MINOR for c, m in least.items()),
        "most_uses": not _is_count(making.most_uses, MOST_TIMES),
        "most_each": not _is_count(making.most_each, MOST_TIMES),
        "ends_at": making.ends_at is not None and making.ends_at <= max(at, making.starts_at),
    }
    for field, bad in faults.items():
        if bad:
            raise BadPromo(field=field)
    return making


def _fits_currency(making: Making, offered: Offered) -> bool:
    """Say whether a currency stands where one belongs: with an amount, and with nothing else."""
    if making.kind == "percent":
        return making.currency == ""
    # A least amount in another currency than the code's own could never be reached.
    alone = set(making.least or {}) <= {making.currency}
    return making.currency in offered.currencies and making.currency in CURRENCIES and alone


def _is_title(text: str) -> bool:
    """Say whether a text can stand on an invoice."""
    return bool(text.strip()) and len(text) <= LONGEST_TITLE and text.isprintable()


def _is_count(number: int | None, most: int) -> bool:
    """Say whether a number is none, or whole and in bounds."""
    return number is None or 1 <= number <= most
