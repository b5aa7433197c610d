"""A customer's statement of account in the back office: as the customer has it, as a page, PDF and CSV."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hostkeep.brands.queries import BrandRow, brand
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui import statements
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import AccountRow, account, canary_accounts


@require_safe
@never_cache
@staff_only("payments")
def account_statement(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show an account's statement; ?since= and ?until= choose the days.  Raises NoSuchAccount."""
    row, shop = _account(wanted)
    found = statements.statement_context(request, row, shop, _act(request, row).at)
    return show(request, "staff/statement.html", {**found, "shop": shop}, status=int(str(found["status"])))


@require_safe
@never_cache
@staff_only("payments")
def account_statement_csv(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Hand it out as CSV.  Raises NoSuchAccount, BadDays, TooLongAStatement."""
    row, shop = _account(wanted)
    return statements.statement_csv(request, row, shop, _act(request, row).at)


@require_safe
@never_cache
@staff_only("payments")
def account_statement_pdf(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Hand it out as PDF.  Raises NoSuchAccount, BadDays, TooLongAStatement."""
    row, shop = _account(wanted)
    return statements.statement_pdf(request, row, shop, _act(request, row).at)


def _account(wanted: UUID) -> tuple[AccountRow, BrandRow]:
    """Return an account and its brand.  Raises NoSuchAccount, also for a canary, which belongs to nobody."""
    row = account(AccountId(wanted))
    if row.id in canary_accounts():
        raise NoSuchAccount
    return row, brand(row.brand)


def _act(request: HttpRequest, row: AccountRow) -> Act:
    """Return the act of a staff member who looks after a brand's money."""
    return act_of(request, role=role_of(request), purpose="billing", brand=row.brand)


statement_urls = [
    path("accounts/<uuid:wanted>/statement/", account_statement, name="staff_statement"),
    path("accounts/<uuid:wanted>/statement/csv/", account_statement_csv, name="staff_statement_csv"),
    path("accounts/<uuid:wanted>/statement/pdf/", account_statement_pdf, name="staff_statement_pdf"),
]
"""Under /staff/."""
