"""Money that goes back in the back office: looked at first, then given; and what payers' banks took back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hostkeep.billing.errors.credit import NotEnoughCredit
from hostkeep.billing.errors.refunds import BadProof, RefundTooMuch
from hostkeep.billing.queries.refunds import disputes
from hostkeep.billing.rules.attempts import AttemptState
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import read_amount
from hostkeep.faces.ui.form_keys import form_key
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.paging import page_number
from hostkeep.flows import refunding
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, InvoiceId, PaymentId
from hostkeep.kernel.words import gettext_noop

PAGE = 50

SAID: Mapping[AttemptState, str] = MappingProxyType({
    "settled": gettext_noop("The money is on its way back."),
    "waiting": gettext_noop("The refund is begun. What became of it shows below."),
    "unknown": gettext_noop("The payment company did not answer. We find out what became of it."),
    "declined": gettext_noop("The payment company declined. The money is the customer's credit again."),
})
"""By the state of a refund: one sentence for whoever asked for it."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("payments")
def payment_refund(request: HttpRequest, brand: str, payment: UUID) -> HttpResponse:
    """Show what of a payment could go back; with a post, give some of it back.  Raises NoSuchPayment."""
    act, wanted = _act(request, brand), PaymentId(payment)
    if request.method != "POST":
        return _page(request, act, wanted)
    seen = refunding.preview(act, payment_id=wanted)
    amount = read_amount(request.POST.get("amount", ""), seen.payment.amount.currency)
    if amount is None:
        return _page(request, act, wanted, problem=gettext("Write an amount such as 25 or 12.50."))
    try:
        row = refunding.refund_payment(
            act, payment_id=wanted, amount=amount, once=f"refund-{form_key(request)}",
            credit_note=_followed(request, seen),
        )  # fmt: skip
    except (RefundTooMuch, NotEnoughCredit) as refusal:
        return _page(request, act, wanted, problem=gettext(refusal.title))
    messages.success(request, gettext(SAID[row.state]))
    return HttpResponseRedirect(request.path)


@require_POST
@staff_only("payments")
def refund_by_hand(request: HttpRequest, brand: str, refund: UUID) -> HttpResponse:
    """Write down that staff gave money back themselves, or did not.  Raises NoSuchRefund, RefundDecided."""
    act, proof = _act(request, brand), request.POST.get("proof", "").strip()
    if request.POST.get("do") == "give_up":
        refunding.give_up_by_hand(act, refund=refund)
        messages.success(request, gettext("It is the customer's credit again."))
    else:
        _confirm(request, act, refund, proof)
    back = refunding.refund_row(act, refund=refund)
    return HttpResponseRedirect(reverse("staff_payment_refund", args=[brand, back.payment]))


@require_safe
@staff_only("payments")
def taken_back(request: HttpRequest) -> HttpResponse:
    """List payments that payers' banks took back, open ones first."""
    number = page_number(request)
    rows = disputes(first=PAGE + 1, skip=(number - 1) * PAGE)
    return show(request, "staff/payments_disputed.html", {
        "rows": rows[:PAGE], "older": number + 1 if len(rows) > PAGE else 0, "newer": number - 1,
    })  # fmt: skip


def _confirm(request: HttpRequest, act: Act, refund: UUID, proof: str) -> None:
    """Write down that staff gave money back themselves, or say what is wrong with the bank's id."""
    try:
        refunding.confirm_by_hand(act, refund=refund, proof=proof)
    except BadProof as refusal:
        messages.error(request, gettext(refusal.title))
    else:
        messages.success(request, gettext("Written down."))


def _page(request: HttpRequest, act: Act, payment: PaymentId, *, problem: str = "") -> HttpResponse:
    """Draw the page of one payment."""
    return show(request, "staff/payments_refund.html", {
        "seen": refunding.preview(act, payment_id=payment),
        "once": uuid4(),
        "typed": request.POST.get("amount", ""),
        "problem": problem,
    }, status=422 if problem else 200)  # fmt: skip


def _followed(request: HttpRequest, seen: refunding.Preview) -> InvoiceId | None:
    """Return the credit note that was chosen of those there are; None where only credit is paid out."""
    said = request.POST.get("note", "")
    return next((note for _, note in seen.notes if str(note) == said), None)


def _act(request: HttpRequest, brand: str) -> Act:
    """Return the act of a staff member who looks after a brand's money."""
    return act_of(request, role=role_of(request), purpose="billing", brand=BrandId(brand))


refund_urls = [
    path("payments/taken-back/", taken_back, name="staff_taken_back"),
    path("payments/<slug:brand>/<uuid:payment>/refund/", payment_refund, name="staff_payment_refund"),
    path("payments/<slug:brand>/refunds/<uuid:refund>/", refund_by_hand, name="staff_refund_by_hand"),
]
"""Under /staff/."""
