"""Numbers of a series, taken under its lock: no gap, no double.

Only modules of `billing.actions` call this.
"""

from __future__ import annotations

from typing import cast

from django.db import connection

from hostkeep.billing.models import Series
from hostkeep.billing.rules.numbering import Kind, number, year_of
from hostkeep.brands.queries import BrandRow
from hostkeep.kernel.act import Act

ONE_ON = "UPDATE billing_series SET last = last + 1 WHERE id = %s"
"""Many times over: the database lets a series go up one by one alone."""


def lock_series(act: Act, seller: BrandRow, kind: Kind) -> Series:
    """Return the series of a brand, kind and year, locked to the end of the transaction."""
    year = year_of(act.at, seller.zone)
    Series.objects.bulk_create([Series(brand=act.brand, kind=kind, year=year)], ignore_conflicts=True)
    return Series.objects.select_for_update().get(brand=act.brand, kind=kind, year=year)


def next_numbers(series: Series, seller: BrandRow, *, count: int = 1) -> list[str]:
    """Take the next numbers of a locked series: each stands, or was never taken."""
    with connection.cursor() as cursor:
        cursor.executemany(ONE_ON, [[series.pk]] * count)
    named, first = cast("Kind", series.kind), series.last + 1
    return [number(seller.invoice_prefix, named, series.year, n) for n in range(first, first + count)]


def take_numbers(act: Act, seller: BrandRow, *, kind: Kind, count: int) -> list[str]:
    """Lock a series and take its next numbers."""
    return next_numbers(lock_series(act, seller, kind), seller, count=count)
