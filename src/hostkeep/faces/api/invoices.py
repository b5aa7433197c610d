"""Invoices: the list, one, its PDF, paying it, and asking how a payment stands."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from hostkeep.billing.actions.revoking import revoke_pay_links
from hostkeep.billing.documents.printing import Wanted, invoice_xml, print_invoice
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries.invoices import (
    InvoiceRow,
    InvoiceSheet,
    InvoiceTold,
    SheetTold,
    invoices_from,
    listed,
    sheet,
)
from hostkeep.billing.queries.registrations import registration_of
from hostkeep.billing.rules.covering import invoice_state
from hostkeep.billing.rules.numbering import CREDIT_NOTE, PROFORMA
from hostkeep.faces.api.cursors import Page, PageQuery, Position, page_of, position_of
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.paying import Payment, shown_payment
from hostkeep.faces.api.shapes import Amount, Slug, Told, amount
from hostkeep.faces.ui.marks import mark_svg
from hostkeep.faces.ui.pages import language_of
from hostkeep.faces.ui.pay_links import pay_link_url
from hostkeep.faces.ui.paying_links import links
from hostkeep.faces.ui.telling import told, told_one
from hostkeep.flows import paying
from hostkeep.flows.foretelling import preview_invoice
from hostkeep.flows.pay_links import new_link
from hostkeep.kernel.ids import InvoiceId

router = Router()

BILLING = "billing"
LIST = "invoices"


class Invoice(Schema):
    """An invoice, note or proforma.

    kind   "invoice", "debit_note" (owed too), "credit_note" (takes back) or "proforma" (asks, is in no book)
    state  paid, unpaid, partly_paid or overdue; of what was taken back, and of a credit note, credited; of a
           proforma that asks for nothing more, withdrawn
    owed   what is still to pay
    """

    id: UUID
    kind: str
    number: str
    title: str
    state: str
    gross: Amount
    owed: Amount
    issued_at: datetime
    due_at: datetime


class InvoiceLine(Schema):
    """A line.  tax_rate: in millionths."""

    title: str
    quantity: int
    unit: Amount
    tax_rate: int


class Paid(Schema):
    """What went on an invoice."""

    at: datetime
    gateway: str
    amount: Amount


class InvoiceWhole(Invoice):
    """An invoice with its lines and payments.

    corrects  what it corrects or fulfils, or null; reason: why, a word, of a note
    prices    whether lines are without tax ("net") or with it ("gross")
    gateways  ways to pay it, none where nothing is owed
    registration  its number in the national system of electronic invoices, once it is registered there, or
                  empty; registration_code: by which it is looked up there
    """

    reference: str
    corrects: UUID | None
    reason: str
    prices: str
    net: Amount
    tax: Amount
    lines: list[InvoiceLine]
    payments: list[Paid]
    gateways: list[str]
    registration: str
    registration_code: str


class Coming(Schema):
    """A step that follows.

    what  "reminder", "charge", "suspend_warning", "suspend" (services stop), "end_warning", "end" (services
          end and what is on them is deleted), "cancel" (the order is cancelled, nothing is owed) or "drop"
          (the change or add-on is taken back, nothing is owed)
    """

    at: datetime
    what: str


class InvoiceOutlook(Schema):
    """What follows if an invoice stays open, in its order; nothing where it is paid."""

    items: list[Coming]


class PayTold(Told):
    """How to pay."""

    gateway: Slug


class LinkToPay(Schema):
    """A link by which somebody else may pay an invoice without signing in, made for this answer.

    url, until  null where nothing is owed, or the shop has no such links
    """

    url: str | None
    until: datetime | None


class Attempt(Schema):
    """How an attempt to pay an invoice, or a top-up, stands.  state: open, settled or declined."""

    payment: UUID
    invoice: UUID | None
    top_up: UUID | None
    state: str


@router.get("", response=Page[Invoice], auth=Needs("invoices:read"), operation_id="list_invoices")
def list_invoices(request: HttpRequest, wanted: PageQuery) -> Page[Invoice]:
    """List the account's invoices, newest first."""
    after, act = position_of(request, wanted, LIST), act_of_key(request, BILLING)
    rows = invoices_from(
        account_of_key(request).id, after=(after.at, after.id) if after else None, first=wanted.limit + 1
    )
    shown, cursor = page_of(request, wanted, LIST, rows, lambda row: Position(row.issued_at, row.id))
    return Page[Invoice](items=[_invoice(row, act.at) for row in told(act, shown)], next=cursor)


@router.get("/{uuid:invoice}", response=InvoiceWhole, auth=Needs("invoices:read"), operation_id="get_invoice")
def get_invoice(request: HttpRequest, invoice: UUID) -> InvoiceWhole:
    """Show one invoice.  Another account's does not exist."""
    act = act_of_key(request, BILLING)
    found = told_one(act, sheet(InvoiceId(invoice), of=account_of_key(request).id))
    return _whole(found, act.at, () if found.is_paid else paying.gateways_of(act))


@router.get(
    "/{uuid:invoice}/outlook",
    response=InvoiceOutlook,
    auth=Needs("invoices:read"),
    operation_id="get_invoice_outlook",
)
def get_outlook(request: HttpRequest, invoice: UUID) -> InvoiceOutlook:
    """Say what follows on an unpaid invoice if it stays open, until somebody pays it."""
    found = preview_invoice(
        act_of_key(request, BILLING), InvoiceId(invoice), of=account_of_key(request).id
    )  # fmt: skip
    return InvoiceOutlook(items=[Coming(at=each.at, what=each.what) for each in found])


@router.get(
    "/{uuid:invoice}/pdf",
    auth=Needs("invoices:read"),
    operation_id="get_invoice_pdf",
    openapi_extra={"responses": {"200": {"description": "PDF/A-3", "content": {"application/pdf": {}}}}},
)
def get_pdf(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Hand one invoice out as PDF."""
    account, act = account_of_key(request), act_of_key(request, BILLING)
    number = sheet(InvoiceId(invoice), of=account.id).number
    look = request.brand.look  # type: ignore[attr-defined]
    wanted = Wanted(account.number, language_of(request), mark_svg(look))
    pdf = print_invoice(act, of=account.id, invoice=InvoiceId(invoice), wanted=wanted)
    answer = HttpResponse(pdf, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{number}.pdf"'
    return answer


@router.get(
    "/{uuid:invoice}/xml",
    auth=Needs("invoices:read"),
    operation_id="get_invoice_xml",
    openapi_extra={"responses": {"200": {"description": "EN 16931", "content": {"application/xml": {}}}}},
)
def get_xml(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Hand one invoice out in its electronic form, EN 16931.  One that has none does not exist."""
    account, act = account_of_key(request), act_of_key(request, BILLING)
    wanted = Wanted(account.number, language_of(request))
    xml = invoice_xml(act, of=account.id, invoice=InvoiceId(invoice), wanted=wanted)
    if not xml:
        raise NoSuchInvoice
    return HttpResponse(xml, content_type="application/xml")


@router.post("/{uuid:invoice}/pay", response=Payment, auth=Needs("invoices:pay"), operation_id="pay_invoice")
def pay(request: HttpRequest, invoice: UUID, told: PayTold) -> Payment:
    """Pay one invoice by a gateway: the answer says where the payer goes."""
    asked = paying.pay_invoice(
        act_of_key(request, BILLING), of=account_of_key(request).id, invoice=InvoiceId(invoice),
        gateway=told.gateway, links=links(request),
    )  # fmt: skip
    return shown_payment(asked)


@router.get(
    "/{uuid:invoice}/pay-link", response=LinkToPay, auth=Needs("invoices:pay"), operation_id="make_pay_link"
)
def make_pay_link(request: HttpRequest, invoice: UUID) -> LinkToPay:
    """Give a link by which somebody else may pay one invoice without signing in."""
    found = sheet(InvoiceId(invoice), of=account_of_key(request).id)
    link = new_link(act_of_key(request, BILLING), listed(found.id))
    if link is None:
        return LinkToPay(url=None, until=None)
    return LinkToPay(url=pay_link_url(request, link), until=link.until)


@router.delete(
    "/{uuid:invoice}/pay-link",
    response={204: None},
    auth=Needs("invoices:pay"),
    operation_id="revoke_pay_links",
)
def revoke(request: HttpRequest, invoice: UUID) -> HttpResponse:
    """Take back every link to pay one invoice that was given out before."""
    revoke_pay_links(
        act_of_key(request, BILLING), of=account_of_key(request).id, invoice=InvoiceId(invoice)
    )  # fmt: skip
    return HttpResponse(status=204)


@router.post(
    "/payments/{uuid:payment}/look-up",
    response=Attempt,
    auth=Needs("invoices:pay"),
    operation_id="look_up_payment",
)
def look_up(request: HttpRequest, payment: UUID) -> Attempt:
    """Ask the gateway how a payment stands, where we do not know yet."""
    act = act_of_key(request, BILLING)
    row = paying.look_up_payment(act, of=account_of_key(request).id, attempt=payment)
    return Attempt(payment=payment, invoice=row.invoice, top_up=row.top_up, state=row.state)


def _invoice(row: InvoiceTold, at: datetime) -> Invoice:
    """Show an invoice of the list."""
    return Invoice(
        id=row.id, kind=row.kind, number=row.number, title=row.title, state=_state(row, at),
        gross=amount(row.gross), owed=amount(row.owed), issued_at=row.issued_at, due_at=row.due_at,
    )  # fmt: skip


def _state(found: InvoiceRow | InvoiceSheet, at: datetime) -> str:
    """Say how a document stands."""
    if found.kind == CREDIT_NOTE or found.is_taken_back:
        return "withdrawn" if found.kind == PROFORMA else "credited"
    return str(invoice_state(gross=found.gross, paid=found.paid, due_at=found.due_at, at=at))


def _whole(found: SheetTold, at: datetime, gateways: tuple[str, ...]) -> InvoiceWhole:
    """Show an invoice whole."""
    registered = registration_of(found.id)
    return InvoiceWhole(
        id=found.id,
        kind=found.kind,
        number=found.number,
        title=found.lines[0].title if found.lines else "",
        state=_state(found, at),
        gross=amount(found.gross),
        owed=amount(found.owed),
        issued_at=found.issued_at,
        due_at=found.due_at,
        reference=found.reference,
        corrects=found.corrects,
        reason=found.reason,
        prices=found.prices,
        net=amount(found.net),
        tax=amount(found.tax),
        lines=[
            InvoiceLine(
                title=each.title, quantity=each.quantity, unit=amount(each.unit), tax_rate=each.tax_rate
            )
            for each in found.lines
        ],
        payments=[Paid(at=p.at, gateway=p.gateway, amount=amount(p.amount)) for p in found.payments],
        gateways=list(gateways),
        registration=registered.number if registered else "",
        registration_code=registered.code if registered else "",
    )
