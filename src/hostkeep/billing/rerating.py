"""What billing's actions share: what the rates of a proforma have become by the day its money came.

Only `billing.fulfilling` calls this.  Rules and sources: rules/rerating.py.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from hostkeep.billing.models import Invoice, TaxDecision
from hostkeep.billing.rules.rerating import rate_since
from hostkeep.billing.rules.taxing.places import area_at
from hostkeep.billing.rules.taxing.rates import STANDARD_KIND, book_of
from hostkeep.brands.queries import BrandRow, brand
from hostkeep.brands.rules.taxing import read_tax
from hostkeep.kernel.act import Act


def rates_since(act: Act, proforma: Invoice, *, booked_on: date | None) -> Callable[[int], int]:
    """Return what tells, of a rate that a proforma bears, which one its invoice bears.

    booked_on  the bank's day of the money that covered it; None: it is here now

    The place and the reason stay what was decided when it was asked for; of a brand without `[tax]` the rate
    is the one that it has now.
    """
    row = brand(act.brand)
    paid = booked_on or _day(row, act.at)
    decision = TaxDecision.objects.filter(invoice=proforma).first()
    if decision is None or "tax" not in row.words:
        # One rate for everybody, without days.  What bore none bore none for a reason that is not known here.
        return lambda rate: row.tax_rate if rate and row.tax_rate else rate
    settings = read_tax(row.words["tax"])
    home = (row.seller["country"], row.seller.get("region", ""))
    area = area_at(*((decision.country, decision.region) if decision.country else home))
    kinds = dict.fromkeys((STANDARD_KIND, *sorted(each.kind for each in settings.classes.values())))
    rates, asked = book_of(settings.rates), _day(row, proforma.issued_at)
    return lambda rate: rate_since(rates, area, kinds=kinds, rate=rate, asked=asked, paid=paid)


def _day(row: BrandRow, at: datetime) -> date:
    """Return the day it is at a brand."""
    return at.astimezone(ZoneInfo(row.zone)).date()
