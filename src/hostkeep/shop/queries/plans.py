"""Plans of a brand as staff deal with them: those on sale, and those that somebody may still have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Money, money
from hostkeep.kernel.terms import Term
from hostkeep.shop.models import Plan, Price
from hostkeep.shop.rules.catalogue import in_language
from hostkeep.shop.rules.term_columns import term_of


@dataclass(frozen=True, slots=True)
class PlanOnFile:
    """A plan that the brand sells or sold.

    name     the product's
    prices   by currency, as the catalogue has them; empty where it was taken off
    on_sale  whether it can be ordered today
    """

    product: str
    plan: str
    name: str
    term: Term
    prices: Mapping[str, Money]
    on_sale: bool


def plans_on_file(brand: BrandId, *, language: str) -> tuple[PlanOnFile, ...]:
    """Return every plan of a brand, what is on sale first, in the catalogue's order.  Two queries."""
    today: dict[object, dict[str, Money]] = {}
    for price in Price.objects.filter(plan__product__brand=brand, until=None):
        today.setdefault(price.plan_id, {})[price.currency] = money(price.minor, price.currency)
    found = Plan.objects.filter(product__brand=brand).select_related("product__group")
    rows = found.order_by("product__group__position", "product__position", "position", "id")
    told = [_frozen(row, today.get(row.id, {}), language) for row in rows]
    return tuple(sorted(told, key=lambda row: not row.on_sale))


def is_plan_on_file(brand: BrandId, *, product: str, plan: str) -> bool:
    """Say whether a brand sells a plan, or ever sold it.  One query."""
    return Plan.objects.filter(product__brand=brand, product__slug=product, slug=plan).exists()


def _frozen(row: Plan, prices: Mapping[str, Money], language: str) -> PlanOnFile:
    """Freeze a plan.  The price of one that was taken off is none of today's."""
    product = row.product
    on_sale = row.retired_at is None and product.retired_at is None and product.group.retired_at is None
    return PlanOnFile(
        product.slug, row.slug, in_language(product.title, language), term_of(row),
        prices if on_sale else {}, on_sale,
    )  # fmt: skip
