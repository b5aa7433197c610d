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


def take_numbers(act: Act, seller: BrandRow, *, kind: Kind, count: int) -> list[str]:
    """Take the next numbers of a brand's series of this kind and year.

    The series stays locked to the end of the transaction: a number that is taken stands or was never taken.
    """
    year = year_of(act.at, seller.zone)
    Series.objects.bulk_create([Series(brand=act.brand, kind=kind, year=year)], ignore_conflicts=True)
    series = Series.objects.select_for_update().get(brand=act.brand, kind=kind, year=year)
    with connection.cursor() as cursor:
        cursor.executemany(ONE_ON, [[series.pk]] * count)
    named = cast("Kind", series.kind)
    first = series.last + 1
    return [number(seller.invoice_prefix, named, year, n) for n in range(first, first + count)]
