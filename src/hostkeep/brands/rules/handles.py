"""Handles of brands, for the audit."""

from __future__ import annotations

from uuid import NAMESPACE_DNS, UUID, uuid5

from hostkeep.kernel.ids import BrandId


def brand_handle(brand: BrandId) -> UUID:
    """Return the handle of a brand: always the same for one slug."""
    return uuid5(NAMESPACE_DNS, f"{brand}.brand")
