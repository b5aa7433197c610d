"""Tax of a period by rate, category, country and region: what a brand's returns are written from.

Counted are documents of the books: invoices and debit notes add, credit notes take away; proformas and a
canary's documents count nowhere.  A document belongs to the period it was issued in.
Source: Council Directive 2006/112/EC, art. 250 and 369g (returns by rate and by member state of consumption).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Count, F, Sum, Value, When
from django.db.models.functions import Coalesce

from hostkeep.billing.models import InvoiceTax
from hostkeep.billing.rules.taxing.rates import UNION
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money, money

THRESHOLD = Money(1_000_000, EUR)
"""Up to which a year's sales to consumers in other member states may bear the seller's own rate.

Source: Council Directive 2006/112/EC, art. 59c(1)(c): 10,000 EUR, tax left out, this year and the one before.
"""

ADDS, TAKES = ("invoice", "debit_note"), "credit_note"


@dataclass(frozen=True, slots=True)
class TaxRow:
    """What bore one tax for one reason.

    country    of the place of supply; empty: the seller's, of sales from before decisions were kept or of
               buyers whose country nobody knows
    rule       of rules.taxing, or empty where none was kept
    rate       integer millionths
    documents  on how many documents
    """

    country: str
    region: str
    rule: str
    category: str
    exemption: str
    rate: int
    net: Money
    tax: Money
    documents: int


def tax_rows(brand: BrandId, *, since: datetime, until: datetime) -> tuple[TaxRow, ...]:
    """Return the tax of a brand's documents issued in a period, by currency, country, region and rate.

    since, until  half open; give the brand's own midnights
    One query.
    """
    sign = Case(When(invoice__kind=TAKES, then=Value(-1)), default=Value(1))
    found = (
        InvoiceTax.objects.filter(
            invoice__brand=brand, invoice__kind__in=[*ADDS, TAKES], invoice__issued_at__gte=since,
            invoice__issued_at__lt=until,
        )
        .values(
            "rate", "category", "exemption", "invoice__currency",
            country=Coalesce("invoice__decision__country", Value("")),
            region=Coalesce("invoice__decision__region", Value("")),
            rule=Coalesce("invoice__decision__rule", Value("")),
        )
        .annotate(
            net=Sum(F("net_minor") * sign), tax=Sum(F("tax_minor") * sign),
            documents=Count("invoice", distinct=True),
        )
        .order_by("invoice__currency", "country", "region", "rate", "category", "exemption", "rule")
    )  # fmt: skip
    return tuple(_row(row) for row in found)


def towards_threshold(rows: Iterable[TaxRow], *, home: str) -> Money:
    """Return what consumers in other member states bought, in euro and without tax, to lay beside THRESHOLD.

    home  the seller's country
    Sales in other currencies are not in it: they are to be changed at the rate of art. 59c(5) by who files.
    """
    crossing = [
        row.net.minor
        for row in rows
        if row.net.currency == EUR
        and (row.rule == "threshold" or (row.rule == "destination" and row.country in UNION - {home}))
    ]
    return Money(sum(crossing), EUR)


def _row(row: Mapping[str, Any]) -> TaxRow:
    """Freeze a row."""
    code = row["invoice__currency"]
    return TaxRow(
        row["country"], row["region"], row["rule"], row["category"], row["exemption"], row["rate"],
        money(row["net"], code), money(row["tax"], code), row["documents"],
    )  # fmt: skip
