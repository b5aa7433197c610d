"""Statements of account on pages, as CSV and as PDF: what the client area and the back office share."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from types import MappingProxyType
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.dateparse import parse_date
from django.utils.translation import gettext

from hostkeep.billing.documents.statement_paper import Wanted, print_statement
from hostkeep.billing.errors.documents import BadDays, TooLongAStatement
from hostkeep.billing.queries.account_statement import CurrencyStatement, StatementRow, account_statement
from hostkeep.brands.queries import BrandRow
from hostkeep.faces.ui import credit_words, document_words
from hostkeep.faces.ui.marks import mark_svg
from hostkeep.faces.ui.pages import language_of
from hostkeep.faces.ui.templatetags.ui import called
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import Money
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.queries import AccountRow
from hostkeep.reports.rules.spans import FIRST_YEAR, LAST_YEAR, midnight

DAY = timedelta(days=1)

KINDS: Mapping[str, str] = MappingProxyType({
    **{str(kind): said for kind, said in document_words.KINDS.items()},
    **credit_words.KINDS,
    "payment": gettext_noop("Payment"),
    "released": gettext_noop("Payment taken off again: it was not for this account"),
    "top_up": gettext_noop("Credit put in"),
    "used": gettext_noop("Credit used"),
})
"""What rows are called, by their kind."""

HEADS = ("currency", "day", "kind", "documents", "gateway", "charged", "settled", "credit_used", "balance")


@dataclass(frozen=True, slots=True)
class Days:
    """Days that a statement is of, both with it, in the brand's zone."""

    first: date
    last: date
    zone: str

    @property
    def since(self) -> datetime:
        """When the first begins."""
        return midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """When the last is over."""
        return midnight(self.last + DAY, self.zone)

    @property
    def query(self) -> str:
        """Them as the end of an address."""
        return f"?since={self.first.isoformat()}&until={self.last.isoformat()}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A row with what it is, in words."""

    row: StatementRow
    what: str


def read_days(sent: QueryDict, *, zone: str, at: datetime) -> tuple[Days, str]:
    """Return the days that were asked for, and what is wrong with them, if something is; then this year's."""
    today = at.astimezone(ZoneInfo(zone)).date()
    usual = Days(today.replace(month=1, day=1), today, zone)
    first, last = (_day(sent.get(name, ""), else_) for name, else_ in (
        ("since", usual.first), ("until", usual.last),
    ))  # fmt: skip
    if first is None or last is None:
        return usual, gettext("Choose a day that there is.")
    if first > last:
        return usual, gettext("The first day comes before the last one.")
    return Days(first, last, zone), ""


def statement_context(
    request: HttpRequest, row: AccountRow, brand: BrandRow, at: datetime
) -> dict[str, object]:
    """Return what the page of an account's statement shows, with the status of its answer."""
    days, problem = read_days(request.GET, zone=brand.zone, at=at)
    try:
        parts = account_statement(row.id, since=days.since, until=days.until)
    except TooLongAStatement as refusal:
        parts, problem = (), gettext(refusal.title)
    return {
        "row": row,
        "days": days,
        "problem": problem,
        "parts": [(part, _shown(part), _owed(part)) for part in parts],
        "status": 422 if problem else 200,
    }


def statement_csv(request: HttpRequest, row: AccountRow, brand: BrandRow, at: datetime) -> HttpResponse:
    """Hand a statement out as CSV (RFC 4180): plain numbers with a dot, days as ISO 8601.

    Raises BadDays, TooLongAStatement.
    """
    days, parts = _asked(request, row.id, brand, at)
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADS)
    for part in parts:
        writer.writerows(_lines(part, days))
    answer = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8; header=present")
    answer["Content-Disposition"] = f'attachment; filename="{_name(row, days)}.csv"'
    return answer


def statement_pdf(request: HttpRequest, row: AccountRow, brand: BrandRow, at: datetime) -> HttpResponse:
    """Hand a statement out as PDF.  Raises BadDays, TooLongAStatement."""
    days, parts = _asked(request, row.id, brand, at)
    wanted = Wanted(
        row.number, language_of(request), days.first, days.last, lambda name: called(name, "gateway"),
        mark_svg(brand.look),
    )  # fmt: skip
    answer = HttpResponse(print_statement(parts, brand, wanted), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{_name(row, days)}.pdf"'
    return answer


def what_said(row: StatementRow) -> str:
    """Say what a row is, with the way a payment came and the reason of staff."""
    said = gettext(KINDS[row.kind])
    reason = credit_words.REASONS.get(row.reason)  # type: ignore[call-overload]
    more = called(row.gateway, "gateway") if row.gateway else gettext(reason) if reason else ""
    return f"{said} ({more})" if more else said


def _asked(
    request: HttpRequest, account: AccountId, brand: BrandRow, at: datetime
) -> tuple[Days, Sequence[CurrencyStatement]]:
    """Return the statement of the days that were asked for, or of this year's where none were.

    Raises BadDays (a file of other days than were asked for would be taken for theirs), TooLongAStatement.
    """
    days, problem = read_days(request.GET, zone=brand.zone, at=at)
    if problem:
        raise BadDays
    return days, account_statement(account, since=days.since, until=days.until)


def _lines(part: CurrencyStatement, days: Days) -> Iterator[tuple[str, ...]]:
    """Yield the rows of one currency as CSV has them: what it opens with first, what it closes with last."""
    code, zone = part.currency.code, ZoneInfo(days.zone)
    yield code, days.first.isoformat(), "opening", "", "", "", "", "", _plain(part.opening)
    for row in part.rows:
        on = row.at.astimezone(zone).date().isoformat()
        moved = (_plain(each) if each.minor else "" for each in (row.charged, row.settled, row.used))
        yield code, on, row.kind, " ".join(row.numbers), row.gateway, *moved, _plain(row.balance)
    sums = _plain(part.charged), _plain(part.settled), ""
    yield code, days.last.isoformat(), "closing", "", "", *sums, _plain(part.closing)


def _shown(part: CurrencyStatement) -> list[Shown]:
    """Put the rows of one currency into words."""
    return [Shown(row, what_said(row)) for row in part.rows]


def _plain(amount: Money) -> str:
    """Write an amount as a number."""
    return str(Decimal(amount.minor).scaleb(-amount.currency.places))


def _owed(part: CurrencyStatement) -> Money:
    """Return what is to pay at the end, the credit that is held beside it."""
    return part.closing + part.credit


def _name(row: AccountRow, days: Days) -> str:
    """Return what a file of a statement is called."""
    return f"statement-{row.number}-{days.first.isoformat()}-{days.last.isoformat()}"


def _day(said: str, usual: date) -> date | None:
    """Read a day; the usual one where none is given, None where it is none that can be meant."""
    if not said:
        return usual
    try:
        day = parse_date(said)
    except ValueError:
        return None
    return day if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR else None
