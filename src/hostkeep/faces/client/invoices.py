"""Invoices in the client area: the list, one invoice, its PDF, and paying it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.billing.actions.revoking import revoke_pay_links
from hostkeep.billing.documents.composing import bank_rows, title_of
from hostkeep.billing.documents.printing import Wanted, buyer_of, invoice_xml, paper_of, print_invoice
from hostkeep.billing.einvoice.stating import lacking
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries.invoices import InvoiceTold, invoices_of, listed, sheet
from hostkeep.billing.queries.refunds import disputes_of_invoice
from hostkeep.billing.queries.registrations import registration_of
from hostkeep.billing.rules.numbering import INVOICE
from hostkeep.billing.rules.pay_links import NAME
from hostkeep.brands.queries import BrandRow
from hostkeep.drivers.payments import Declined, Settled, Waiting
from hostkeep.faces.client.account import account_of, customers_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.document_words import kind_said, reason_said, standing
from hostkeep.faces.ui.dunning_words import shown
from hostkeep.faces.ui.marks import mark_svg
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.paging import page_number
from hostkeep.faces.ui.pay_links import pay_link_url
from hostkeep.faces.ui.paying_links import links
from hostkeep.faces.ui.telling import told, told_one
from hostkeep.flows import paying
from hostkeep.flows.foretelling import preview_invoice
from hostkeep.flows.pay_links import new_link
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId
from hostkeep.people.queries import AccountRow
from hostkeep.provisioning.queries import services_billed_by
from hostkeep.provisioning.rules.lifecycle import State

PAGE = 25
SOON = timedelta(days=14)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in the list.

    kind  what it is, or empty for an invoice
    said  its state in other words, or empty
    path  its own page
    """

    row: InvoiceTold
    kind: str
    state: str
    said: str
    path: str


@require_safe
@customers_only
def invoice_list(request: HttpRequest) -> HttpResponse:
    """List the account's invoices, newest first, by year."""
    account, number = account_of(request), page_number(request)
    page = invoices_of(account.id, first=PAGE, skip=(number - 1) * PAGE)
    if not page.rows and number > 1:
        return HttpResponseRedirect(reverse("invoices"))
    act, zone = _act(request), ZoneInfo(_brand(request).zone)
    base = reverse("invoices")
    listed = (_listed(row, act.at, f"{base}{row.id}/") for row in told(act, page.rows))
    years = groupby(listed, key=lambda one: one.row.issued_at.astimezone(zone).year)
    return show(request, "client/invoices.html", {
        "years": [(year, list(some)) for year, some in years],
        "page": Paginator(range(page.total), PAGE).get_page(number),
        "unpaid": page.unpaid,
    })  # fmt: skip


@require_safe
@customers_only
def invoice_page(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Show one invoice, and ways to pay it.  Another account's does not exist."""
    account, act = account_of(request), _act(request)
    found = told_one(act, sheet(InvoiceId(invoice), of=account.id))
    paper = paper_of(act, found, _wanted(request, account), buyer_of(act, found))
    state, said = standing(found, act.at)
    return show(request, "client/invoice.html", {
        "invoice": found,
        "kind": title_of(paper),
        "state": state,
        "said": said,
        "because": reason_said(found.reason),
        "others": paper.others,
        "has_xml": not lacking(found, paper.brand, paper.party),
        "paper": paper,
        "registration": registration_of(found.id) if "einvoices" in paper.brand.words else None,
        "lines": [(line, _last_day(line.period.end) if line.period else None) for line in found.lines],
        "disputes": disputes_of_invoice(found.id, proforma=found.corrects),
        "gateways": () if found.is_paid else paying.gateways_of(act),
        "begins": any(each.state is State.ORDERED for each in services_billed_by(found.id)),
        "coming": () if found.is_paid else shown(preview_invoice(act, found.id, of=account.id)),
        "bank": bank_rows(paper) if paper.bank and not found.is_paid else (),
        **_pay_link(request, act, InvoiceId(invoice)),
    })  # fmt: skip


@require_safe
@customers_only
def invoice_pdf(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Hand one invoice out as PDF."""
    account, act = account_of(request), _act(request)
    number = sheet(InvoiceId(invoice), of=account.id).number
    pdf = print_invoice(act, of=account.id, invoice=InvoiceId(invoice), wanted=_wanted(request, account))
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{number}.pdf"'
    return answer


@require_safe
@customers_only
def invoice_as_xml(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Hand one invoice out in its electronic form.  One without such a form does not exist."""
    account, act = account_of(request), _act(request)
    number = sheet(InvoiceId(invoice), of=account.id).number
    xml = invoice_xml(act, of=account.id, invoice=InvoiceId(invoice), wanted=_wanted(request, account))
    if not xml:
        raise NoSuchInvoice
    answer = HttpResponse(xml, content_type="application/xml")
    answer["Content-Disposition"] = f'attachment; filename="{number}.xml"'
    return answer


@require_POST
@customers_only
def invoice_pay(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Pay one invoice by the gateway named in the form."""
    account, act = account_of(request), _act(request)
    asked = paying.pay_invoice(
        act, of=account.id, invoice=InvoiceId(invoice), gateway=request.POST.get("gateway", ""),
        links=links(request),
    )  # fmt: skip
    match asked.outcome:
        case Waiting(visit=str(url)):
            return HttpResponseRedirect(url)
        case Settled():
            messages.success(request, gettext("Thank you. Your payment is here."))
        case Declined():
            messages.error(request, gettext("The payment was declined. Nothing was taken."))
        case Waiting():
            messages.info(request, gettext("Please transfer the amount with the reference shown below."))
        case _:
            messages.info(
                request, gettext("We could not reach the payment company. We go on asking for you.")
            )
    return HttpResponseRedirect(reverse("invoice", args=[invoice]))


@require_POST
@customers_only
def invoice_revoke(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Take the links back by which others may pay one invoice.  Raises NoSuchInvoice."""
    revoke_pay_links(_act(request), of=account_of(request).id, invoice=InvoiceId(invoice))
    messages.success(request, gettext("Links to pay that were given out before do not work any more."))
    return HttpResponseRedirect(reverse("invoice", args=[invoice]))


@require_safe
@customers_only
def payment_return(request: HttpRequest, payment: UUID) -> HttpResponse:
    """Take a payer back from the gateway: ask it how the payment stands, if we do not know yet."""
    account, act = account_of(request), _act(request)
    attempt = paying.look_up_payment(act, of=account.id, attempt=payment)
    if attempt.state == "settled":
        messages.success(request, gettext("Thank you. Your payment is here."))
    elif attempt.state == "declined":
        messages.error(request, gettext("The payment was declined. Nothing was taken."))
    else:
        messages.info(request, gettext("The payment company has not told us yet. We go on asking."))
    if attempt.invoice is None:
        return HttpResponseRedirect(reverse("top_up", args=[attempt.top_up]))
    return HttpResponseRedirect(reverse("invoice", args=[attempt.invoice]))


def _act(request: HttpRequest) -> Act:
    """Return the act of a customer who looks after their bills."""
    return act_of(request, role="customer", purpose="billing")


def _brand(request: HttpRequest) -> BrandRow:
    """Return the brand of the host; customers_only let nobody in without one."""
    found: Any = getattr(request, "brand", None)
    row: BrandRow = found
    return row


def _wanted(request: HttpRequest, account: AccountRow) -> Wanted:
    """Return how this customer's papers look."""
    return Wanted(account.number, language_of(request), mark_svg(_brand(request).look))


def _pay_link(request: HttpRequest, act: Act, invoice: InvoiceId) -> dict[str, object]:
    """Return a link by which somebody else may pay, made now, where the brand has such links."""
    link = new_link(act, listed(invoice)) if NAME in _brand(request).words else None
    if link is None:
        return {}
    return {"pay_link": pay_link_url(request, link), "pay_link_until": link.until}


def _listed(row: InvoiceTold, at: datetime, path: str) -> Listed:
    """Say how a document stands in the list: "Due in 5 days" where that is soon."""
    state, said = standing(row, at)
    kind = "" if row.kind == INVOICE else kind_said(row.kind)
    left = row.due_at - at
    if state == "unpaid" and left <= SOON:
        days = -(-left // DAY)
        said = ngettext("Due in %(days)s day", "Due in %(days)s days", days) % {"days": days}
    return Listed(row, kind, state, said, path)


def _last_day(end: datetime) -> datetime:
    """Return the last day of a half-open period, as people write it."""
    return end - DAY


invoice_urls = [
    path("invoices/", invoice_list, name="invoices"),
    path("invoices/<uuid:invoice>/", invoice_page, name="invoice"),
    path("invoices/<uuid:invoice>/pdf/", invoice_pdf, name="invoice_pdf"),
    path("invoices/<uuid:invoice>/xml/", invoice_as_xml, name="invoice_xml"),
    path("invoices/<uuid:invoice>/pay/", invoice_pay, name="invoice_pay"),
    path("invoices/<uuid:invoice>/revoke-links/", invoice_revoke, name="invoice_revoke"),
    path("payments/<uuid:payment>/return/", payment_return, name="payment_return"),
]
"""Under /account/."""
