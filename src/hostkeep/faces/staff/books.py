"""The books in the back office: when they were last checked, what is out of step, and checking now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.billing.actions.reconciling import settle_finding
from hostkeep.billing.queries.findings import FindingRow, open_findings_of_all, settled_since
from hostkeep.billing.queries.registrations import not_registered
from hostkeep.billing.rules.reconciling import BY_HAND, OF_ACCOUNTS, What, handle_of
from hostkeep.brands.queries import all_brands
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.flows.paying_out import telling_accounts
from hostkeep.flows.reconciling import BOOK, checked_at, send_now
from hostkeep.kernel.ids import OPERATOR, AccountId
from hostkeep.kernel.words import gettext_noop
from hostkeep.people.queries import numbers_of
from hostkeep.policy.vocabulary import terms

SETTLED = timedelta(days=30)
OF_PEOPLE = (*OF_ACCOUNTS, *BY_HAND)

WHAT: Mapping[What, str] = MappingProxyType({
    "receivable": gettext_noop("What a customer owes"),
    "credit": gettext_noop("A customer's credit"),
    "gateway": gettext_noop("Money at a gateway or bank"),
    "refunding": gettext_noop("Refunds under way"),
    "disputed": gettext_noop("Payments that are disputed"),
    "chargebacks": gettext_noop("Disputes that were lost"),
    "fees": gettext_noop("Fees of gateways"),
    "unmatched": gettext_noop("Money nobody has matched yet"),
    "sales": gettext_noop("Sales"),
    "tax": gettext_noop("Tax"),
    "gifts": gettext_noop("Credit that was given"),
    "unused": gettext_noop("Credit for what was not used"),
    "in_transit": gettext_noop("Pay-outs on their way to the bank"),
    "holding": gettext_noop("What a gateway says it holds"),
    "payout": gettext_noop("A pay-out that cannot be booked"),
    "not_given": gettext_noop("Credit that could not be given back"),
    "entry": gettext_noop("An entry of the ledger does not add up"),
    "snapshot": gettext_noop("A snapshot of the ledger is not what its postings come to"),
})
"""By what is out of step: what people read."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding as the page shows it.  whose: a customer's number, a gateway's name, or empty."""

    row: FindingRow
    what: str
    whose: str
    href: str


@require_safe
@staff_only("books")
def books(request: HttpRequest) -> HttpResponse:
    """Show what is out of step, what was, and when each brand's books were last checked."""
    act = act_of(request, role=role_of(request), purpose="billing")
    found, gone = open_findings_of_all(), settled_since(act.at - SETTLED)
    numbers = numbers_of(
        {AccountId(row.about) for row in (*found, *gone) if row.about and row.what in OF_PEOPLE}
    )
    gateways = _gateways(language_of(request))
    checked: list[tuple[str, str, datetime | None]] = [
        *((str(row.id), row.name, checked_at(str(row.id))) for row in all_brands()),
        (BOOK, gettext("The ledger itself"), checked_at(BOOK)),
    ]
    return show(request, "staff/books.html", {
        "found": [_shown(row, numbers, gateways) for row in found if row.what not in BY_HAND],
        "by_hand": [_shown(row, numbers, gateways) for row in found if row.what in BY_HAND],
        "gone": [_shown(row, numbers, gateways) for row in gone],
        "checked": checked,
        "registrations": not_registered(),
    })  # fmt: skip


@require_POST
@staff_only("books")
def check_now(request: HttpRequest, name: str) -> HttpResponse:
    """Send the self-check of a brand's books, or of the ledger, off at once."""
    if name != BOOK and name not in {str(row.id) for row in all_brands()}:
        raise Http404
    send_now(name)
    messages.success(request, gettext("The check is on its way. Its time changes here when it is done."))
    return HttpResponseRedirect("/staff/books/")


@require_POST
@staff_only("books")
def settle(request: HttpRequest, finding: UUID) -> HttpResponse:
    """Say that what a customer was to have back was given by hand."""
    act = act_of(request, role=role_of(request), purpose="billing")
    settle_finding(act, finding=finding)
    messages.success(request, gettext("It is settled."))
    return HttpResponseRedirect("/staff/books/")


def _gateways(language: str) -> Mapping[UUID, str]:
    """Name what a finding may be about: a gateway, or one of its accounts and whose it is."""
    shops = {row.id: row for row in all_brands()}
    found = {
        handle_of(name): terms.say("gateway", name, language)
        for row in shops.values() for name in row.payment
    }  # fmt: skip
    for account in telling_accounts():
        if account.mark:
            whose = ", ".join(shops[brand].name for brand in account.brands)
            found[handle_of(account.name)] = f"{terms.say('gateway', account.gateway, language)}: {whose}"
    return found


def _shown(row: FindingRow, numbers: Mapping[AccountId, str], gateways: Mapping[UUID, str]) -> Shown:
    """Name what a finding is about."""
    what = gettext(WHAT[row.what])
    if row.about is not None and row.about in gateways:
        return Shown(row, what, gateways[row.about], "")
    if row.about is None or row.brand == OPERATOR:
        return Shown(row, what, str(row.about or "")[:8], "")
    if AccountId(row.about) in numbers:
        return Shown(row, what, numbers[AccountId(row.about)], f"/staff/accounts/{row.about}/credit/")
    return Shown(row, what, "", "")


book_urls = [
    path("books/", books, name="staff_books"),
    path("books/<slug:name>/check/", check_now, name="staff_books_check"),
    path("books/<uuid:finding>/settle/", settle, name="staff_books_settle"),
]
