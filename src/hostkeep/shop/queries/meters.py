"""What is counted of a product's use, as the catalogue says it now."""

from __future__ import annotations

from hostkeep.kernel.ids import BrandId
from hostkeep.shop.models import Product
from hostkeep.shop.rules.catalogue import MeterEntry, TierEntry


def meters_of_product(brand: BrandId, slug: str) -> tuple[MeterEntry, ...]:
    """Return the meters of a brand's product; none for one that is not in its catalogue.  One query."""
    found = Product.objects.filter(brand=brand, slug=slug).values_list("meters", flat=True).first()
    return tuple(
        MeterEntry(**{**said, "tiers": tuple(TierEntry(**tier) for tier in said["tiers"])})
        for said in found or ()
    )
