"""A customer's documents in the back office: read, and put right by new ones after a look at what they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hostkeep.billing.actions.correcting import Part, credit_lines, credit_whole, debit_lines
from hostkeep.billing.actions.registering import retry_registration
from hostkeep.billing.actions.revoking import revoke_pay_links
from hostkeep.billing.bills import Issued
from hostkeep.billing.documents.printing import Wanted, invoice_xml, may_be_stated, print_invoice
from hostkeep.billing.errors.documents import BadLine, BadReason, NothingToCredit, OverCredit, Withdrawn
from hostkeep.billing.queries.corrections import Foreseen, foresee_credit, lines_left, owner_of, relations_of
from hostkeep.billing.queries.invoices import InvoiceSheet, SheetTold, invoices_of, sheet
from hostkeep.billing.queries.registrations import registration_of
from hostkeep.billing.rules.numbering import CREDIT_NOTE, CREDITABLE, INVOICE
from hostkeep.billing.rules.pay_links import pay_links_hold
from hostkeep.billing.rules.reasons import CREDITS, DEBITS, Reason
from hostkeep.brands.queries import brand
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.staff.document_list import document_list
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import read_amount
from hostkeep.faces.ui.document_words import REASONS, kind_said, reason_said, standing
from hostkeep.faces.ui.form_keys import form_key
from hostkeep.faces.ui.marks import mark_svg
from hostkeep.faces.ui.pages import language_of, show
from hostkeep.faces.ui.paging import page_number
from hostkeep.faces.ui.telling import told_if_allowed
from hostkeep.flows.sending_again import send_again
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId
from hostkeep.kernel.money import CURRENCIES, Money
from hostkeep.kernel.words import gettext_noop
from hostkeep.messaging.errors import NoAddress, SentLately
from hostkeep.people.queries import AccountRow, account

PAGE = 50
TIME_TO_PAY = timedelta(days=14)
"""For a debit note."""

NO_FORM = gettext_noop(
    "This document has no electronic form: its buyer's name, country or tax number is not known,"
    " or it is no invoice or note."
)

ASKED: Mapping[str, tuple[Reason, ...]] = MappingProxyType({"credit": CREDITS, "debit": DEBITS})

PROBLEMS: Mapping[type[Exception], str] = MappingProxyType({
    OverCredit: gettext_noop("This is more than is left on a line, its tax rate or the document."),
    NothingToCredit: gettext_noop("Write an amount for at least one line; in all more than nothing."),
    BadLine: gettext_noop("Write amounts such as 25 or 12.50, each more than nothing."),
    BadReason: gettext_noop("Say why."),
})  # fmt: skip
"""Why a form is shown again."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A document, opened as far as the reader's role may, and whose it is."""

    act: Act
    owner: AccountRow
    sheet: SheetTold


@require_safe
@staff_only("payments")
def account_documents(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """List an account's documents, newest first, without what was bought.  Raises NoSuchAccount."""
    row, number = account(AccountId(wanted)), page_number(request)
    page = invoices_of(row.id, first=PAGE, skip=(number - 1) * PAGE)
    act = _act(request, row.brand)
    return show(request, "staff/documents.html", {
        "row": row,
        "documents": [(each, kind_said(each.kind), *standing(each, act.at)) for each in page.rows],
        "page": Paginator(range(page.total), PAGE).get_page(number),
    })  # fmt: skip


@require_safe
@staff_only("payments")
def document(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show one document, what corrects what, and how it can be put right."""
    seen = _opened(request, wanted)
    found = seen.sheet
    state, said = standing(found, seen.act.at)
    shop = brand(seen.owner.brand)
    return show(request, "staff/document.html", {
        "row": seen.owner,
        "shop": shop,
        "invoice": found,
        "kind": kind_said(found.kind),
        "state": state,
        "said": said,
        "because": reason_said(found.reason),
        "others": relations_of(found.id),
        "can_credit": found.kind in CREDITABLE and bool(_left(found)),
        "can_debit": found.kind == INVOICE,
        "registration": registration_of(found.id),
        "may_have_xml": may_be_stated(seen.act, found),
        "has_links": found.kind != CREDIT_NOTE and pay_links_hold(shop.words) is not None,
    })  # fmt: skip


@require_safe
@staff_only("payments")
def document_file(request: HttpRequest, wanted: UUID, form: str) -> HttpResponse:
    """Hand one document out as PDF, or in its electronic form; one without says so on its page.

    Raises NoSuchInvoice, and the vault's Refused.
    """
    brand_id, of = owner_of(InvoiceId(wanted))
    row, act = account(of), _act(request, brand_id)
    paper = Wanted(row.number, language_of(request), mark_svg(brand(brand_id).look))
    make, kind = (print_invoice, "application/pdf") if form == "pdf" else (invoice_xml, "application/xml")
    made = make(act, of=of, invoice=InvoiceId(wanted), wanted=paper)
    if not made:
        messages.info(request, gettext(NO_FORM))
        return HttpResponseRedirect(reverse("staff_document", args=[wanted]))
    answer = HttpResponse(made, content_type=kind)
    number = sheet(InvoiceId(wanted), of=of).number
    answer["Content-Disposition"] = f'attachment; filename="{number}.{form}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("payments")
def document_correct(request: HttpRequest, wanted: UUID, what: str) -> HttpResponse:
    """Show what a note would do, and with a second post make it.  what: "credit" or "debit"."""
    seen = _opened(request, wanted)
    if request.method != "POST":
        return _form(request, seen, what)
    try:
        parts = _parts(request, seen.sheet, what)
        reason = _reason(request, what)
        foreseen = foresee_credit(seen.sheet, parts) if what == "credit" else None
        if request.POST.get("do") != "make":
            return _form(request, seen, what, foreseen=foreseen)
        made = _make(request, seen, what, parts, reason)
    except (OverCredit, NothingToCredit, BadLine, BadReason) as refusal:
        return _form(request, seen, what, problem=gettext(PROBLEMS[type(refusal)]))
    said = gettext("%(kind)s %(number)s was made.")
    kind = kind_said("credit_note" if what == "credit" else "debit_note")
    messages.success(request, said % {"kind": kind, "number": made.number})
    return HttpResponseRedirect(reverse("staff_document", args=[made.id]))


def _make(
    request: HttpRequest, seen: Opened, what: str, parts: Mapping[int, Money] | None, reason: Reason
) -> Issued:
    """Make the note, once a page."""
    once, invoice = f"staff-{form_key(request)}", seen.sheet.id
    if parts is None:
        return credit_whole(seen.act, invoice=invoice, reason=reason, once=once)
    listed = [Part(position, amount) for position, amount in parts.items()]
    if what == "credit":
        return credit_lines(seen.act, invoice=invoice, parts=listed, reason=reason, once=once)
    return debit_lines(seen.act, invoice=invoice, parts=listed, reason=reason, due_in=TIME_TO_PAY, once=once)


def _form(
    request: HttpRequest, seen: Opened, what: str, *, foreseen: Foreseen | None = None, problem: str = ""
) -> HttpResponse:
    """Draw the form; after a look, what would be done and the button that does it."""
    posted, looked = request.POST, request.method == "POST" and not problem
    lines = [
        (left, line.title, posted.get(f"line-{left.position}", ""))
        for left, line in zip(lines_left(seen.sheet.id), seen.sheet.lines, strict=True)
    ]
    return show(request, "staff/document_correct.html", {
        "row": seen.owner,
        "invoice": seen.sheet,
        "what": what,
        "lines": lines,
        "reasons": [(each, gettext(REASONS[each])) for each in ASKED[what]],
        "chosen": posted.get("reason", ""),
        "because": reason_said(posted.get("reason", "")),
        "is_whole": posted.get("all") == "1",
        "foreseen": foreseen,
        "looked": looked,
        "problem": problem,
        "once": form_key(request) if looked else uuid4(),
    }, status=422 if problem else 200)  # fmt: skip


def _parts(request: HttpRequest, found: SheetTold, what: str) -> dict[int, Money] | None:
    """Read the amounts of the form, each with its line's sign; None where all that is left is wanted.

    Raises BadLine, NothingToCredit (no amounts).
    """
    if request.POST.get("all") == "1" and what == "credit":
        return None
    currency, parts = CURRENCIES[found.gross.currency.code], {}
    for position, line in enumerate(found.lines, start=1):
        typed = request.POST.get(f"line-{position}", "").strip()
        if not typed:
            continue
        amount = read_amount(typed, currency)
        if amount is None or not amount.minor:
            raise BadLine(why="amount")
        parts[position] = -amount if line.amount.minor < 0 and what == "credit" else amount
    if not parts:
        raise NothingToCredit
    return parts


def _reason(request: HttpRequest, what: str) -> Reason:
    """Read the reason.  Raises BadReason."""
    found = next((each for each in ASKED[what] if each == request.POST.get("reason")), None)
    if found is None:
        raise BadReason
    return found


def _opened(request: HttpRequest, wanted: UUID) -> Opened:
    """Return a document as the reader's role may see it.  Raises NoSuchInvoice."""
    brand_id, of = owner_of(InvoiceId(wanted))
    act = _act(request, brand_id)
    found = told_if_allowed(act, [sheet(InvoiceId(wanted), of=of)])[0]
    return Opened(act, account(of), found)


def _left(found: InvoiceSheet) -> bool:
    """Say whether anything is left to take back."""
    return any(each.left.minor for each in lines_left(found.id))


def _act(request: HttpRequest, of: BrandId) -> Act:
    """Return the act of a staff member who looks after a brand's money."""
    return act_of(request, role=role_of(request), purpose="billing", brand=of)


@require_POST
@staff_only("payments")
def document_register(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Hand a document in again that its national system refused.  Raises NoSuchInvoice, NotRefused."""
    brand_id, _ = owner_of(InvoiceId(wanted))
    retry_registration(_act(request, brand_id), document=InvoiceId(wanted))
    messages.success(request, gettext("It is handed in again."))
    return HttpResponseRedirect(reverse("staff_document", args=[wanted]))


@require_POST
@staff_only("payments")
def document_send(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Send a document's letter once more.  Raises NoSuchInvoice."""
    brand_id, _ = owner_of(InvoiceId(wanted))
    try:
        send_again(_act(request, brand_id), invoice=InvoiceId(wanted))
    except (SentLately, NoAddress, Withdrawn) as refusal:
        messages.error(request, gettext(refusal.title))
    else:
        messages.success(request, gettext("The letter is on its way once more."))
    return HttpResponseRedirect(reverse("staff_document", args=[wanted]))


@require_POST
@staff_only("payments")
def document_revoke(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Take the links to pay a document back.  Raises NoSuchInvoice."""
    brand_id, of = owner_of(InvoiceId(wanted))
    revoke_pay_links(_act(request, brand_id), of=of, invoice=InvoiceId(wanted))
    messages.success(request, gettext("Links to pay that were given out before do not work any more."))
    return HttpResponseRedirect(reverse("staff_document", args=[wanted]))


document_urls = [
    path("documents/<uuid:wanted>/send/", document_send, name="staff_document_send"),
    path("documents/", document_list, name="staff_document_list"),
    path("accounts/<uuid:wanted>/documents/", account_documents, name="staff_documents"),
    path("documents/<uuid:wanted>/", document, name="staff_document"),
    path("documents/<uuid:wanted>/pdf/", document_file, {"form": "pdf"}, name="staff_document_pdf"),
    path("documents/<uuid:wanted>/xml/", document_file, {"form": "xml"}, name="staff_document_xml"),
    path("documents/<uuid:wanted>/credit/", document_correct, {"what": "credit"}, name="staff_credit"),
    path("documents/<uuid:wanted>/register/", document_register, name="staff_document_register"),
    path("documents/<uuid:wanted>/revoke-links/", document_revoke, name="staff_document_revoke"),
    path("documents/<uuid:wanted>/debit/", document_correct, {"what": "debit"}, name="staff_debit"),
]
"""Under /staff/."""
