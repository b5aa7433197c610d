"""Numbers of a series, taken under its lock: no gap, no double.

Only modules of `billing.actions` call this.
"""

from __future__ import annotations

from typing import cast

from django.db.models import QuerySet

from hostkeep.billing.models import Series
from hostkeep.billing.rules.numbering import Kind, number, year_of
from hostkeep.brands.queries import BrandRow
from hostkeep.kernel.act import Act
from hostkeep.runtime.deeds import run
from hostkeep.runtime.inserting import insert_new
from hostkeep.runtime.written import objects_of

ONE_ON = "UPDATE billing_series SET last = last + 1 WHERE id = %s"
"""The database lets a series go up one by one alone."""


def lock_series(act: Act, seller: BrandRow, kind: Kind) -> Series:
    """Return the series of a brand, kind and year, locked to the end of the transaction."""
    year = year_of(act.at, seller.zone)
    for row in objects_of(_locked, kind, act.brand, year):
        return row
    # The first of its year, unless somebody else was quicker.
    insert_new(Series(brand=act.brand, kind=kind, year=year))
    (row,) = objects_of(_locked, kind, act.brand, year)
    return row


def _locked(kind: str, brand: str, year: int) -> QuerySet[Series]:
    """Return the query of a series, locked."""
    return Series.objects.select_for_update().filter(brand=brand, kind=kind, year=year)


def next_numbers(series: Series, seller: BrandRow, *, count: int = 1) -> list[str]:
    """Take the next numbers of a locked series: each stands, or was never taken."""
    run([(ONE_ON, [series.pk])] * count)
    named, first = cast("Kind", series.kind), series.last + 1
    return [number(seller.invoice_prefix, named, series.year, n) for n in range(first, first + count)]


def take_numbers(act: Act, seller: BrandRow, *, kind: Kind, count: int) -> list[str]:
    """Lock a series and take its next numbers."""
    return next_numbers(lock_series(act, seller, kind), seller, count=count)
