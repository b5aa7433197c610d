"""/account/statement/: all that was charged and paid between two days, as a page, as PDF and as CSV."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hostkeep.brands.queries import BrandRow
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui import statements
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.kernel.act import Act


@require_safe
@never_cache
@customers_only
def statement(request: HttpRequest) -> HttpResponse:
    """Show the account's statement; ?since= and ?until= choose the days."""
    found = statements.statement_context(request, account_of(request), _brand(request), _act(request).at)
    return show(request, "client/statement.html", found, status=int(str(found["status"])))


@require_safe
@never_cache
@customers_only
def statement_as_csv(request: HttpRequest) -> HttpResponse:
    """Hand the statement out as CSV.  Raises BadDays, TooLongAStatement."""
    return statements.statement_csv(request, account_of(request), _brand(request), _act(request).at)


@require_safe
@never_cache
@customers_only
def statement_as_pdf(request: HttpRequest) -> HttpResponse:
    """Hand the statement out as PDF.  Raises BadDays, TooLongAStatement."""
    return statements.statement_pdf(request, account_of(request), _brand(request), _act(request).at)


def _brand(request: HttpRequest) -> BrandRow:
    """Return the brand of the host; customers_only let nobody in without one."""
    row: BrandRow = request.brand  # type: ignore[attr-defined]
    return row


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their bills."""
    return act_of(request, role="customer", purpose="billing")


statement_urls = [
    path("statement/", statement, name="statement"),
    path("statement/csv/", statement_as_csv, name="statement_csv"),
    path("statement/pdf/", statement_as_pdf, name="statement_pdf"),
]
"""Under /account/."""
