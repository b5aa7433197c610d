"""What is counted of a product's use, as the catalogue says it now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from hostkeep.kernel.ids import BrandId
from hostkeep.runtime.deeds import note, noted
from hostkeep.runtime.written import rows_of
from hostkeep.shop.models import Product
from hostkeep.shop.rules.catalogue import MeterEntry, TierEntry


def meters_of_product(brand: BrandId, slug: str) -> tuple[MeterEntry, ...]:
    """Return the meters of a brand's product; none for one that is not in its catalogue.

    One query; none in a deed that holds the product locked.
    """
    held = noted((note_meters, brand, slug))
    if held is not None:
        return _entries(held)
    return next((_entries(json.loads(meters)) for (meters,) in rows_of(_metered, slug, brand)), ())


def note_meters(products: Iterable[Product]) -> None:
    """Note what is counted of products that the running deed has locked."""
    for product in products:
        note((note_meters, product.brand, product.slug), product.meters)


def _metered(slug: str, brand: str) -> QuerySet[Product, Any]:
    """Return the query of a product's meters, if it has any."""
    return Product.objects.filter(brand=brand, slug=slug).exclude(meters=[]).values_list("meters")


def meters_of_products(brand: BrandId, slugs: Iterable[str]) -> Mapping[str, tuple[MeterEntry, ...]]:
    """Return the meters of a brand's products by their slugs; those without any are left out.  One query."""
    found = Product.objects.filter(brand=brand, slug__in=set(slugs)).exclude(meters=[])
    return {slug: _entries(meters) for slug, meters in found.values_list("slug", "meters")}


def _entries(meters: Iterable[dict[str, Any]]) -> tuple[MeterEntry, ...]:
    """Read meters back as they were loaded."""
    return tuple(
        MeterEntry(**{**said, "tiers": tuple(TierEntry(**tier) for tier in said["tiers"])}) for said in meters
    )
