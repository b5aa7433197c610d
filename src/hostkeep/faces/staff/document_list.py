"""Documents of all accounts in the back office, found by number, customer, amount, day or standing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.dateparse import parse_date
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from hostkeep.billing.queries.document_search import (
    STANDINGS,
    DocumentRow,
    Sought,
    Standing,
    documents_found,
    documents_page,
)
from hostkeep.billing.rules.numbering import CANARY, CREDIT_NOTE, Kind
from hostkeep.brands.queries import all_brands
from hostkeep.brands.queries import brand as brand_row
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.staff.report_tables import Cell, Column, Report, as_csv
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import read_amount
from hostkeep.faces.ui.document_words import KINDS, kind_said, standing
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.paging import page_number
from hostkeep.kernel.money import CURRENCIES
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.finding import accounts_numbered
from hostkeep.people.queries import numbers_of
from hostkeep.reports.rules.spans import FIRST_YEAR, LAST_YEAR, midnight

PAGE = 50
MOST_IN_A_FILE = 50_000

SAID: Mapping[Standing, str] = MappingProxyType({
    "open": gettext_noop("Something is owed"),
    "overdue": gettext_noop("Overdue"),
    "paid": gettext_noop("Paid"),
    "taken_back": gettext_noop("Taken back"),
})

PROBLEMS: Mapping[str, str] = MappingProxyType({
    "amount": gettext_noop("Write an amount such as 25 or 12.50."),
    "since": gettext_noop("Choose a day that there is."),
    "until": gettext_noop("Choose a day that there is."),
})
"""Why a field found nothing, by its name."""


@require_safe
@staff_only("payments")
def document_list(request: HttpRequest) -> HttpResponse:
    """List documents, newest first; with ?as=csv as a file.  A field that cannot be read is said so."""
    act = act_of(request, role=role_of(request), purpose="billing")
    wrong: list[str] = []
    sought = _sought(request, wrong)
    if request.GET.get("as") == "csv" and not wrong:
        found = documents_found(sought, at=act.at, most=MOST_IN_A_FILE)
        return as_csv(_report(found, act.at), name=f"documents-{act.at:%Y-%m-%d}")
    number = page_number(request)
    page = documents_page(sought, at=act.at, first=PAGE, skip=(number - 1) * PAGE)
    if not page.rows and number > 1:
        return HttpResponseRedirect(request.path)
    query = request.GET.copy()
    query["as"] = "csv"
    query.pop("page", None)
    numbers = numbers_of(row.account for row in page.rows)
    return show(request, "staff/document_list.html", {
        "rows": [
            (row, numbers.get(row.account, ""), kind_said(row.kind), *standing(row, act.at))
            for row in page.rows
        ],
        "page": Paginator(range(page.total), PAGE).get_page(number),
        "total": page.total,
        "brands": all_brands(),
        "kinds": [(kind, kind_said(kind)) for kind in KINDS if kind != CANARY],
        "standings": [(each, gettext(SAID[each])) for each in STANDINGS],
        "asked": request.GET,
        "problems": {name: gettext(PROBLEMS[name]) for name in wrong},
        "csv": f"?{query.urlencode()}",
        "most": MOST_IN_A_FILE if page.total > MOST_IN_A_FILE else None,
    }, status=422 if wrong else 200)  # fmt: skip


def _sought(request: HttpRequest, wrong: list[str]) -> Sought:
    """Read what is asked for; names of fields that say nothing go on the list."""
    asked = request.GET
    zones = {row.id: row.zone for row in all_brands()}
    brand = next((id_ for id_ in zones if id_ == asked.get("brand")), None)
    zone = zones[brand] if brand is not None else "UTC"
    kinds: dict[str, Kind] = {kind: kind for kind in KINDS if kind != CANARY}
    words = asked.get("q", "").replace("\0", "").strip()  # no number bears what no database holds
    sought = Sought(
        brand=brand,
        kind=kinds.get(asked.get("kind", "")),
        standing=next((each for each in STANDINGS if each == asked.get("state")), None),
        words=words,
        accounts=accounts_numbered(words) if words else (),
    )
    if typed := asked.get("amount", "").strip():
        read = {code: read_amount(typed, currency) for code, currency in CURRENCIES.items()}
        amounts = {code: found.minor for code, found in read.items() if found is not None}
        sought = replace(sought, amounts=amounts)
        if not sought.amounts:
            wrong.append("amount")
    since, until = _day(asked.get("since", ""), "since", wrong), _day(asked.get("until", ""), "until", wrong)
    return replace(
        sought,
        since=midnight(since, zone) if since else None,
        until=midnight(until + timedelta(days=1), zone) if until else None,
    )


def _day(typed: str, name: str, wrong: list[str]) -> date | None:
    """Read a day of a form, None where none was chosen or it is none."""
    if not typed:
        return None
    try:
        day = parse_date(typed)
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        wrong.append(name)
        return None
    return day


def _report(rows: Iterable[DocumentRow], at: datetime) -> Report:
    """Set documents as a table for a file; what a credit note comes to is below nothing."""
    found = tuple(rows)
    numbers = numbers_of(row.account for row in found)
    columns = (
        Column("number", ""), Column("kind", ""), Column("brand", ""), Column("customer", ""),
        Column("issued", "", "day"), Column("due", "", "day"), Column("state", ""),
        *(Column(key, "", "money") for key in ("net", "tax", "gross", "paid", "owed")),
    )  # fmt: skip
    cells = (_cells(row, numbers.get(row.account, ""), at) for row in found)
    return Report("documents", "", "", columns, tuple(cells))


def _cells(row: DocumentRow, number: str, at: datetime) -> tuple[Cell, ...]:
    """Return a line of the file.  number: of the customer."""
    sign, paid = (-1, 0) if row.kind == CREDIT_NOTE else (1, 1)
    zone = ZoneInfo(brand_row(row.brand).zone)  # the day in front of the hour is the one on the document
    issued, due = row.issued_at.astimezone(zone), row.due_at.astimezone(zone)
    return (
        row.number, row.kind, row.brand, number, issued, due, standing(row, at)[0],
        row.net.times(sign), row.tax.times(sign), row.gross.times(sign), row.paid.times(paid), row.owed,
    )  # fmt: skip
