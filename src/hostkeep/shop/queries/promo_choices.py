"""To what a promo code can be bound: what is on a brand's shelves today."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.kernel.ids import BrandId
from hostkeep.shop.models import Group, Plan, Product
from hostkeep.shop.rules.catalogue import in_language


@dataclass(frozen=True, slots=True)
class Choices:
    """What a code can be bound to.  groups, products: slug and name.  months: lengths of terms."""

    groups: tuple[tuple[str, str], ...]
    products: tuple[tuple[str, str], ...]
    months: tuple[int, ...]


def choices_of(brand: BrandId, *, language: str) -> Choices:
    """Return what a brand's codes can be bound to, in the catalogue's order.  Three queries."""
    groups = Group.objects.filter(brand=brand, retired_at=None).order_by("position")
    products = Product.objects.filter(brand=brand, retired_at=None, group__retired_at=None)
    plans = Plan.objects.filter(product__in=products, retired_at=None)
    return Choices(
        tuple((row.slug, in_language(row.title, language)) for row in groups),
        tuple(
            (row.slug, in_language(row.title, language))
            for row in products.order_by("group__position", "position")
        ),
        tuple(sorted(set(plans.values_list("months", flat=True)))),
    )
