"""Numbers of a series, taken under its lock: no gap, no double.

Only modules of `billing.actions` call this.
"""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet

from hostkeep.billing.models import Series
from hostkeep.billing.rules.numbering import Kind, number, year_of
from hostkeep.brands.queries import BrandRow
from hostkeep.kernel.act import Act
from hostkeep.runtime.deeds import Statement, run
from hostkeep.runtime.inserting import insert_new
from hostkeep.runtime.together import Question, ask
from hostkeep.runtime.written import objects

Found = list[list[Any]]
"""What questions find, in their order."""

ONE_ON = "UPDATE billing_series SET last = last + 1 WHERE id = %s"
"""The database lets a series go up one by one alone."""


def lock_series(act: Act, seller: BrandRow, kind: Kind) -> Series:
    """Return the series of a brand, kind and year, locked to the end of the transaction."""
    return lock_series_and(act, seller, kind)[0]


def lock_series_and(act: Act, seller: BrandRow, kind: Kind, *others: Question[Any]) -> tuple[Series, Found]:
    """Lock a series as lock_series, and ask under its lock in the same way to the server."""
    year = year_of(act.at, seller.zone)
    rows, *found = ask(objects(_locked, kind, act.brand, year), *others)
    if not rows:
        # The first of its year, unless somebody else was quicker.
        insert_new(Series(brand=act.brand, kind=kind, year=year))
        rows, *found = ask(objects(_locked, kind, act.brand, year), *others)
    return rows[0], found


def _locked(kind: str, brand: str, year: int) -> QuerySet[Series]:
    """Return the query of a series, locked."""
    return Series.objects.select_for_update().filter(brand=brand, kind=kind, year=year)


def next_numbers(series: Series, seller: BrandRow, *, count: int = 1) -> list[str]:
    """Take the next numbers of a locked series: each stands, or was never taken."""
    run([(ONE_ON, [series.pk])] * count)
    return [_number(series, seller, series.last + n) for n in range(1, count + 1)]


def number_next(series: Series, seller: BrandRow) -> tuple[str, Statement]:
    """Return the next number of a locked series, and the statement that takes it.

    Whoever uses the number runs the statement, before anything else of the series is asked.
    """
    return _number(series, seller, series.last + 1), (ONE_ON, [series.pk])


def _number(series: Series, seller: BrandRow, count: int) -> str:
    """Write a number of a series."""
    return number(seller.invoice_prefix, cast("Kind", series.kind), series.year, count)


def take_numbers(act: Act, seller: BrandRow, *, kind: Kind, count: int) -> list[str]:
    """Lock a series and take its next numbers."""
    return next_numbers(lock_series(act, seller, kind), seller, count=count)
