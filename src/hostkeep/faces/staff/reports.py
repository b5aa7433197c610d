"""Reports in the back office: what each brand comes to, and the reports of one, on a page or as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from hostkeep.billing.queries.ageing import ageing
from hostkeep.billing.queries.income import invoiced
from hostkeep.billing.queries.liability import held_at
from hostkeep.brands.queries import BrandRow, all_brands
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.staff.report_drawing import DRAWN, TITLES
from hostkeep.faces.staff.report_marks import Asked
from hostkeep.faces.staff.report_tables import as_csv
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import Link, language_of, show
from hostkeep.kernel.money import Currency, Money
from hostkeep.reports.errors import BadSpan
from hostkeep.reports.queries.recurring import Now, now_by_brand
from hostkeep.reports.rules.spans import (
    CUTS,
    FIRST_YEAR,
    LAST_YEAR,
    MONTHS,
    Cut,
    latest,
    midnight,
    span_of,
    spans,
)

SHOWN: Mapping[Cut, int] = MappingProxyType({"month": 12, "quarter": 8, "year": 5})
"""How many spans a report shows where nobody says since when."""


@dataclass(frozen=True, slots=True)
class BrandLine:
    """What a brand comes to in one currency.

    now       its recurring revenue and subscriptions, or None
    income    of this month, without tax
    """

    brand: BrandRow
    currency: Currency
    now: Now | None
    income: Money
    owed: Money
    overdue: Money
    held: Money


@require_safe
@staff_only("reports")
def overview(request: HttpRequest) -> HttpResponse:
    """Show what each brand comes to: recurring revenue, this month's income, what is owed, credit held."""
    act = act_of(request, role=role_of(request), purpose="billing")
    recurring = now_by_brand()
    lines = [
        line for row in all_brands() for line in _lines(row, recurring.get(row.id, ()), act.at)
    ]  # fmt: skip
    return show(request, "staff/reports.html", {"lines": lines})


@require_safe
@staff_only("reports")
def report(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Show one report of a brand; with ?as=csv as a file.  Raises BadSpan for days that make none."""
    brand = next((row for row in all_brands() if row.id == slug), None)
    draw = DRAWN.get(kind)
    if brand is None or draw is None:
        raise Http404
    asked = _asked(request, brand)
    found = draw(asked)
    if request.GET.get("as") == "csv":
        return as_csv(found, name=f"{brand.id}-{kind}-{asked.spans[0].first}-{asked.spans[-1].last}")
    query = request.GET.copy()
    query["as"] = "csv"
    return show(request, "staff/report.html", {
        "report": found,
        "shop": brand,
        "brands": all_brands(),
        "asked": asked,
        "cuts": [(cut, _cut_said(cut)) for cut in CUTS],
        "tabs": [Link(f"/staff/reports/{brand.id}/{key}/", gettext(title), here=key == kind)
                 for key, title in TITLES.items()],
        "csv": f"?{query.urlencode()}",
    })  # fmt: skip


def _lines(row: BrandRow, now: tuple[Now, ...], at: datetime) -> list[BrandLine]:
    """Return what a brand comes to, a line for each currency in which it comes to anything."""
    month = span_of("month", at.astimezone(ZoneInfo(row.zone)).date())
    income = {
        each.income.currency: each.income
        for each in invoiced(
            row.id, since=month.starts_at(row.zone), until=month.ends_at(row.zone), by="month", zone=row.zone
        )
    }
    ages = {each.currency: each for each in ageing(row.id, at=at)}
    held = {each.amount.currency: each.amount for each in held_at(row.id, at=at)}
    recurring = {each.monthly.currency: each for each in now}
    found = sorted({*income, *ages, *held, *recurring}, key=lambda currency: currency.code)
    return [
        BrandLine(
            row, currency, recurring.get(currency), income.get(currency, Money(0, currency)),
            ages[currency].total if currency in ages else Money(0, currency),
            ages[currency].overdue if currency in ages else Money(0, currency),
            held.get(currency, Money(0, currency)),
        )
        for currency in found
    ]  # fmt: skip


def _asked(request: HttpRequest, brand: BrandRow) -> Asked:
    """Read what a report is to be about.  Raises BadSpan."""
    at = act_of(request, role=role_of(request), purpose="billing", brand=brand.id).at
    today = at.astimezone(ZoneInfo(brand.zone)).date()
    cut: Cut = next((each for each in CUTS if each == request.GET.get("by")), "month")
    since, until = _day(request, "since"), _day(request, "until") or today
    if since is None:
        until_span = span_of(cut, _within(until))
        cuts = latest(cut, count=SHOWN[cut], today=until_span.first)
    else:
        cuts = spans(cut, since=since, until=until)
    end = min(midnight(_within(until) + timedelta(days=1), brand.zone), at)
    return Asked(brand, language_of(request), cut, cuts, until, end)


def _day(request: HttpRequest, key: str) -> date | None:
    """Return a day that was asked for; None where none was.  Raises BadSpan for what is no day."""
    text = request.GET.get(key, "")
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise BadSpan
    return _within(day)


def _within(day: date) -> date:
    """Return a day that a report can reach.  Raises BadSpan."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadSpan
    return day


def _cut_said(cut: Cut) -> str:
    """Name a length of spans."""
    return {1: gettext("By month"), 3: gettext("By quarter"), 12: gettext("By year")}[MONTHS[cut]]


report_urls = [
    path("reports/", overview, name="staff_reports"),
    path("reports/<slug:slug>/<slug:kind>/", report, name="staff_report"),
]
