"""Promo codes: as staff sees them, and what one does to a cart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import Count, Q, Sum

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, OrderId
from hostkeep.kernel.money import Money, money
from hostkeep.people.queries import canary_accounts
from hostkeep.shop import errors
from hostkeep.shop.models import Order, PromoCode, Redemption
from hostkeep.shop.queries.pricing_lines import PricedLine
from hostkeep.shop.rules.catalogue import Words, in_language
from hostkeep.shop.rules.promo import HIDDEN, Applied, Bounds, Customer, Kind, Promo, Wanted, Why, apply
from hostkeep.shop.rules.term_columns import term_of


@dataclass(frozen=True, slots=True)
class PromoUse:
    """A promo code and what became of it.

    reserved, committed, released  uses
    given  what committed ones took off first invoices, in list prices, a sum a currency
    """

    brand: BrandId
    promo: Promo
    reserved: int
    committed: int
    released: int
    given: tuple[Money, ...]

    def state(self, at: datetime) -> str:
        """Return how it stands: "off", "early", "over", "used_up" or "on"."""
        promo = self.promo
        if promo.retired_at is not None:
            return "off"
        if at < promo.starts_at:
            return "early"
        if promo.ends_at is not None and promo.ends_at <= at:
            return "over"
        return "used_up" if promo.most_uses is not None and promo.uses >= promo.most_uses else "on"


@dataclass(frozen=True, slots=True)
class RedemptionRow:
    """A use of a code.

    discount  what it takes off the order's first invoice, in list prices
    state     "reserved", "committed" or "released"; reason: why it was released, a word
    periods   for how many periods the code holds, the first among them; None: for good
    rate      millionths of the price, or 0 where the code takes off an amount
    bounds    to what the code is bound
    """

    order: OrderId
    brand: BrandId
    account: AccountId
    invoice: InvoiceId | None
    code: str
    title: Words
    periods: int | None
    rate: int
    bounds: Bounds
    discount: Money
    state: str
    reason: str
    reserved_at: datetime

    def called(self, language: str) -> str:
        """Return what an invoice calls it: "Spring (SPRING26)"."""
        return f"{in_language(self.title, language)} ({self.code})"


def promos(brand: BrandId | None = None) -> tuple[PromoUse, ...]:
    """Return the codes of one brand or of all, newest first, with what became of them.

    A canary's uses are none.  Four queries.
    """
    found = PromoCode.objects.filter(brand=brand) if brand else PromoCode.objects.all()
    rows = list(found.order_by("-created_at", "code"))
    return _used(rows)


def promo_use(promo: UUID) -> PromoUse:
    """Return one code.  Raises NoSuchPromoCode."""
    row = PromoCode.objects.filter(id=promo).first()
    if row is None:
        raise errors.NoSuchPromoCode
    return _used([row])[0]


def redemption_of(order: OrderId) -> RedemptionRow | None:
    """Return the use of a code by an order, or None.  One query."""
    return _first(Q(order=order))


def redemption_by_invoice(invoice: InvoiceId) -> RedemptionRow | None:
    """Return the use of a code by the order that an invoice is the first of, or None.  One query."""
    return _first(Q(invoice=invoice))


def promo_of(row: PromoCode) -> Promo:
    """Freeze a code."""
    return Promo(
        id=row.id, code=row.code, title=row.title, kind=cast("Kind", row.kind), value=row.value,
        currency=row.currency, groups=tuple(row.groups), products=tuple(row.products),
        plans=tuple(row.plans), months=tuple(row.cycles), periods=row.periods, least=row.least,
        most_uses=row.most_uses, most_each=row.most_each, new_customers_only=row.new_customers_only,
        starts_at=row.starts_at, ends_at=row.ends_at, retired_at=row.retired_at, uses=row.uses,
    )  # fmt: skip


def customer_of(promo: PromoCode, account: AccountId) -> Customer:
    """Return what is known of an account that uses a code.  Two queries at most.

    One whose only orders were given up, and their code with them, has not ordered.
    """
    stands = Redemption.objects.filter(promo=promo, account=account).exclude(state="released")
    used = stands.count() if promo.most_each is not None else 0
    is_new = True
    if promo.new_customers_only:
        before = Order.objects.filter(brand=promo.brand, account_id=account)
        is_new = not before.exclude(redemption__state="released").exists()
    return Customer(used, is_new)


def applied(
    promo: PromoCode, priced: Sequence[PricedLine], *, due: Money, at: datetime, account: AccountId | None
) -> Applied:
    """Say what a code does to priced lines.  account: whose order it would be, None where nobody knows."""
    wanted = [
        Wanted(
            line.product.group.slug, line.product.slug, line.plan.slug, term_of(line.plan).months,
            line.each.recurring.times(0 if line.trial_days else 1), line.line.row.quantity,
        )
        for line in priced
    ]  # fmt: skip
    customer = None if account is None else customer_of(promo, account)
    return apply(promo_of(promo), wanted, due=due, at=at, customer=customer)


def refusal_of(why: Why, promo: PromoCode, currency: str) -> Foreseen:
    """Return a reason as the refusal of who types a code: what is hidden is as if it were not there."""
    if why in HIDDEN:
        return errors.NoSuchPromo()
    if why == "least":
        return errors.PromoUnderLeast(promo=promo.code, least=promo.least[currency], currency=currency)
    kinds: Mapping[Why, type[Foreseen]] = {
        "currency": errors.PromoOtherCurrency, "products": errors.PromoNotForThese,
        "customers": errors.PromoNewOnly, "each": errors.PromoUsedBefore,
    }  # fmt: skip
    return kinds[why](promo=promo.code)


def problem_of(why: Why, promo: PromoCode, currency: str) -> Foreseen:
    """Return a reason as it is told to whose cart holds the code: they know that there is one."""
    return errors.PromoGone(promo=promo.code) if why in HIDDEN else refusal_of(why, promo, currency)


def _first(which: Q) -> RedemptionRow | None:
    row = Redemption.objects.filter(which).select_related("promo", "order").first()
    return _redeemed(row) if row else None


def _redeemed(row: Redemption) -> RedemptionRow:
    """Freeze a use."""
    promo = row.promo
    return RedemptionRow(
        order=OrderId(row.order_id), brand=BrandId(promo.brand), account=AccountId(row.account),
        invoice=InvoiceId(row.invoice) if row.invoice else None, code=promo.code, title=promo.title,
        periods=promo.periods, rate=promo.value if promo.kind == "percent" else 0,
        bounds=promo_of(promo).bounds,
        discount=money(row.discount_minor, row.order.currency), state=row.state, reason=row.reason,
        reserved_at=row.reserved_at,
    )  # fmt: skip


def _used(rows: Sequence[PromoCode]) -> tuple[PromoUse, ...]:
    """Count what became of codes."""
    real = Redemption.objects.filter(promo__in=rows).exclude(account__in=canary_accounts())
    counts: dict[tuple[UUID, str], int] = {}
    for promo, state, count in real.values_list("promo", "state").annotate(n=Count("id")).order_by():
        counts[promo, state] = count
    given: dict[UUID, list[Money]] = {}
    sums = real.filter(state="committed").values_list("promo", "order__currency")
    for promo, code, minor in sums.annotate(minor=Sum("discount_minor")).order_by("order__currency"):
        given.setdefault(promo, []).append(money(minor, code))
    return tuple(
        PromoUse(
            BrandId(row.brand), promo_of(row), counts.get((row.id, "reserved"), 0),
            counts.get((row.id, "committed"), 0), counts.get((row.id, "released"), 0),
            tuple(given.get(row.id, ())),
        )
        for row in rows
    )  # fmt: skip
