"""The seller as documents bear it: as it stood when they were issued, whatever brand.toml says today."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hostkeep.brands.models import SellerBlock
from hostkeep.brands.queries import BrandRow

EVER = datetime(1, 1, 1, tzinfo=UTC)
"""Since when a brand's first block stands."""


def note_seller(row: BrandRow, *, since: datetime) -> None:
    """Write down what a brand says of its seller, where that is something else than before."""
    said = _said(row)
    newest = SellerBlock.objects.filter(brand=row.id).order_by("-since_at", "-id").first()
    if newest is None:
        SellerBlock.objects.create(brand=row.id, since_at=EVER, said=said)
    elif newest.said != said:
        SellerBlock.objects.create(brand=row.id, since_at=max(since, newest.since_at), said=said)


def as_issued(row: BrandRow, at: datetime) -> BrandRow:
    """Return a brand as documents bear it that were issued at a moment.  One query.

    Its name, zone, seller and what it calls the tax are those of then; where money is paid to, how the paper
    looks and all else are today's.
    """
    found = SellerBlock.objects.filter(brand=row.id, since_at__lte=at).order_by("-since_at", "-id").first()
    return replace(row, **found.said) if found else row


def _said(row: BrandRow) -> dict[str, Any]:
    """Return what of a brand stays on its documents."""
    return {
        "name": row.name, "zone": row.zone, "seller": dict(row.seller), "tax_name": dict(row.tax_name),
    }  # fmt: skip
