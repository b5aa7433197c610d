"""Promo codes: to what they apply, and what they take off.

A code takes off the price of the term, never what is due once (set-up), and never more than there is.  A
part of a price is reckoned for one piece, rounded half away from zero, so that each piece's renewals take off
what its first term did; an amount is shared among the lines by what they cost, and among a line's pieces
evenly, to the last unit (largest remainders).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from hostkeep.kernel.money import MILLION, Currency, Money, halves_away, total
from hostkeep.shop.rules.catalogue import Words

Kind = Literal["percent", "fixed"]

Why = Literal[
    "", "retired", "early", "over", "used_up", "currency", "products", "least", "customers", "each"
]
"""Why a code does not apply.  Empty: it does."""

HIDDEN = frozenset({"retired", "early", "over", "used_up"})
"""What is answered as if there were no such code, to whoever types one."""

SHAPE = re.compile(r"[A-Z0-9](?:[A-Z0-9_-]{1,38})[A-Z0-9]")
"""What a code looks like: 3 to 40 letters and digits without accents, hyphens and underscores inside."""

LONGEST = 40


@dataclass(frozen=True, slots=True)
class Bounds:
    """To what a code is bound: slugs of shelves, products and plans, and terms in months; empty: to none.

    All that are said must fit.
    """

    groups: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()
    months: tuple[int, ...] = ()

    def fit(self, *, group: str, product: str, plan: str, months: int) -> bool:
        """Say whether a code is good for a plan of a product."""
        asked: tuple[tuple[Sequence[object], object], ...] = (
            (self.groups, group), (self.products, product), (self.plans, plan), (self.months, months),
        )  # fmt: skip
        return all(not among or one in among for among, one in asked)


@dataclass(frozen=True, slots=True)
class Promo:
    """A promo code.

    value     millionths of a price ("percent"), or minor units of `currency` ("fixed")
    groups, products, plans, months  to which it is bound; empty: to none.  All that are said must fit
    periods   for how many periods it holds, the first among them; None: for good
    least     what an order comes to at least, in list prices, by currency; empty: no bound
    most_uses, most_each  in all, and by one account; None: without a limit
    starts_at, ends_at  half open; None: without an end
    uses      reserved or committed now
    """

    id: UUID
    code: str
    title: Words
    kind: Kind
    value: int
    currency: str
    groups: tuple[str, ...]
    products: tuple[str, ...]
    plans: tuple[str, ...]
    months: tuple[int, ...]
    periods: int | None
    least: Mapping[str, int]
    most_uses: int | None
    most_each: int | None
    new_customers_only: bool
    starts_at: datetime
    ends_at: datetime | None
    retired_at: datetime | None
    uses: int

    @property
    def bounds(self) -> Bounds:
        """To what it is bound."""
        return Bounds(self.groups, self.products, self.plans, self.months)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line that a code may apply to.

    each      the term of one piece, in list prices
    quantity  pieces
    """

    group: str
    product: str
    plan: str
    months: int
    each: Money
    quantity: int

    @property
    def whole(self) -> Money:
        """The term of all pieces."""
        return self.each.times(self.quantity)


@dataclass(frozen=True, slots=True)
class Customer:
    """What is known of who uses a code.  used: how often they did.  is_new: whether they ordered before."""

    used: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Applied:
    """What a code does to some lines.  why: empty where it applies.  discounts: by line, all pieces."""

    why: Why
    discounts: tuple[Money, ...]


def normal(typed: str) -> str:
    """Return a code as it is kept, of what somebody typed; an empty text where it can be none."""
    code = typed.strip().upper()
    return code if len(code) <= LONGEST and SHAPE.fullmatch(code) else ""


def apply(
    promo: Promo, lines: Sequence[Wanted], *, due: Money, at: datetime, customer: Customer | None
) -> Applied:
    """Say what a code does to the lines of an order.

    due       what the order comes to in list prices, without the code
    customer  None: nobody knows yet who orders; what depends on it is looked at when they do
    """
    nothing = tuple(line.each.times(0) for line in lines)
    why = _standing(promo, at) or _fitting(promo, due) or (_known(promo, customer) if customer else "")
    if why:
        return Applied(why, nothing)
    fits = [_fits(promo, line) for line in lines]
    if not any(fits):
        return Applied("products", nothing)
    return Applied("", _discounts(promo, lines, fits, due.currency))


def each_of(discount: Money, pieces: int) -> tuple[Money, ...]:
    """Return what a line's discount takes off each of its pieces."""
    return discount.share([1] * pieces)


def _standing(promo: Promo, at: datetime) -> Why:
    """Say why a code does not hold for anybody at a moment."""
    if promo.retired_at is not None and promo.retired_at <= at:
        return "retired"
    if at < promo.starts_at:
        return "early"
    if promo.ends_at is not None and promo.ends_at <= at:
        return "over"
    return "used_up" if promo.most_uses is not None and promo.uses >= promo.most_uses else ""


def _fitting(promo: Promo, due: Money) -> Why:
    """Say why a code does not hold for an order of this amount."""
    code = due.currency.code
    if promo.kind == "fixed" and promo.currency != code:
        return "currency"
    if promo.least and code not in promo.least:
        return "currency"
    return "least" if due.minor < promo.least.get(code, 0) else ""


def _known(promo: Promo, customer: Customer) -> Why:
    """Say why a code does not hold for a customer."""
    if promo.new_customers_only and not customer.is_new:
        return "customers"
    return "each" if promo.most_each is not None and customer.used >= promo.most_each else ""


def _fits(promo: Promo, line: Wanted) -> bool:
    """Say whether a code is good for a line; one that costs nothing has nothing to take off."""
    return line.whole.minor > 0 and promo.bounds.fit(
        group=line.group, product=line.product, plan=line.plan, months=line.months
    )


def _discounts(
    promo: Promo, lines: Sequence[Wanted], fits: Sequence[bool], currency: Currency
) -> tuple[Money, ...]:
    """Return what a code that applies takes off each line."""
    if promo.kind == "percent":
        return tuple(
            part_of(line.each, promo.value).times(line.quantity if fit else 0)
            for line, fit in zip(lines, fits, strict=True)
        )
    weights = [line.whole.minor if fit else 0 for line, fit in zip(lines, fits, strict=True)]
    there = total([line.whole for line, fit in zip(lines, fits, strict=True) if fit], currency)
    return Money(min(promo.value, there.minor), currency).share(weights)


def part_of(price: Money, rate: int) -> Money:
    """Return a part of a price, rounded half away from zero.  rate: millionths, at most a million."""
    return Money(halves_away(price.minor * rate, MILLION), price.currency)
