"""Matches taken back, and money in the bank that is nobody's: sent back, put away, or a gateway's pay-out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from hostkeep.billing.actions import setting_aside as deeds
from hostkeep.billing.actions.doubting import Decided, book_second, call_same
from hostkeep.billing.actions.paying_out import call_payout
from hostkeep.billing.actions.releasing import release_payment
from hostkeep.billing.errors.payments import CannotRelease, DoubtDecided, SetAside
from hostkeep.billing.errors.refunds import BadProof
from hostkeep.billing.queries.payments import PaymentRow, payment
from hostkeep.billing.queries.payouts import awaited_in
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.aside import WHYS, Why
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, PaymentId
from hostkeep.kernel.words import gettext_noop

REASONS: Mapping[Why, str] = MappingProxyType({
    "unknown": gettext_noop("Nobody knows for what it came"),
    "not_ours": gettext_noop("It was meant for somebody else"),
    "twice": gettext_noop("It was paid before"),
    "asked": gettext_noop("Its sender asked for it"),
    "own": gettext_noop("It is money of our own"),
    "test": gettext_noop("It was a try"),
})  # fmt: skip
"""Why money is sent back or put away, as staff choose it."""

HELD: Mapping[str, str] = MappingProxyType({
    "spent": gettext_noop(
        "What was left over of this payment has gone on something else. Take that back first, then this."
    ),
    "refunded": gettext_noop("Some of this payment was given back, so its match stays."),
    "top_up": gettext_noop("The customer put this money in as credit. Give it back by a refund."),
    "gateway": gettext_noop("The payment company knows whose this is. Give it back by a refund."),
})  # fmt: skip
"""By the `why` of CannotRelease: one sentence for staff."""

DONE: Mapping[str, str] = MappingProxyType({
    "release": gettext_noop("The match is taken back. What the payment had paid is owed again."),
    "back": gettext_noop("The money is set apart. Make the transfer at the bank, under the reference below."),
    "sent": gettext_noop("Written down."),
    "kept": gettext_noop("Written down. The payment waits for its invoice again."),
    "away": gettext_noop("Put away. It waits for nothing, and can still be matched."),
    "out": gettext_noop("The payment waits for its invoice again."),
    "payout": gettext_noop("It is the pay-out: that is at the bank now, and this payment counts no more."),
})  # fmt: skip
"""By what was pressed: one sentence for whoever did."""


@require_POST
@staff_only("payments")
def payment_turn(request: HttpRequest, brand: str, waiting: UUID) -> HttpResponse:
    """Do one thing with a payment: what the button says.  Raises NoSuchPayment."""
    act = act_of(request, role=role_of(request), purpose="billing", brand=BrandId(brand))
    said = request.POST.get("do", "")
    deed = DEEDS.get(said)
    if deed is None:
        raise Http404
    of = payment(PaymentId(waiting), brand=act.brand).id
    try:
        deed(act, of, request)
    except CannotRelease as refusal:
        messages.error(request, gettext(HELD[str(refusal.facts["why"])]))
        return HttpResponseRedirect(reverse("staff_payment_refund", args=[brand, waiting]))
    except (SetAside, BadProof) as refusal:
        messages.error(request, gettext(refusal.title))
    else:
        messages.success(request, gettext(DONE[said]))
    stays = payment(of, brand=act.brand)
    if stays.waits or stays.aside == "away":
        return HttpResponseRedirect(reverse("staff_payment_match", args=[brand, waiting]))
    return HttpResponseRedirect(reverse("staff_payments"))


def shown(row: PaymentRow) -> Mapping[str, object]:
    """Return what the page of an unmatched payment shows besides invoices that it may have been for."""
    is_transfer = row.gateway == chart.BANK
    return {
        "transfer": is_transfer and not row.matched,
        "reasons": [(why, gettext(words)) for why, words in REASONS.items()],
        "why": gettext(REASONS[why]) if (why := _why(row.why)) else "",
        "payouts": awaited_in(row.amount, row.brand) if is_transfer else (),
    }


def _why(said: str) -> Why | None:
    """Return a reason of ours, or None."""
    return next((why for why in WHYS if why == said), None)


def _reason(request: HttpRequest) -> Why:
    """Return the reason that was chosen.  Raises SetAside where it is none."""
    why = _why(request.POST.get("why", ""))
    if why is None:
        raise SetAside
    return why


def _payout(act: Act, of: PaymentId, request: HttpRequest) -> object:
    """Say which pay-out it was: "gateway/proof"."""
    gateway, _, proof = request.POST.get("payout", "").partition("/")
    return call_payout(act, payment=of, gateway=gateway, proof=proof)


def _proof(request: HttpRequest) -> str:
    """Return the bank's id that was written."""
    return request.POST.get("proof", "").strip()


DEEDS: Mapping[str, Callable[[Act, PaymentId, HttpRequest], object]] = MappingProxyType({
    "release": lambda act, of, _: release_payment(act, payment=of),
    "back": lambda act, of, request: deeds.begin_return(act, payment=of, why=_reason(request)),
    "sent": lambda act, of, request: deeds.confirm_return(act, payment=of, proof=_proof(request)),
    "kept": lambda act, of, _: deeds.drop_return(act, payment=of),
    "away": lambda act, of, request: deeds.put_away(act, payment=of, why=_reason(request)),
    "out": lambda act, of, _: deeds.take_out(act, payment=of),
    "payout": _payout,
})
"""What each button does."""

@require_POST
@staff_only("payments")
def doubt_turn(request: HttpRequest, brand: str, doubt: UUID) -> HttpResponse:
    """Say of a transfer that may be booked already that it came once, or beside what is booked.

    Raises NoSuchPayment.
    """
    act = act_of(request, role=role_of(request), purpose="billing", brand=BrandId(brand))
    deed = DOUBTS.get(request.POST.get("do", ""))
    if deed is None:
        raise Http404
    try:
        said = deed(act, doubt=doubt)
    except DoubtDecided as refusal:
        messages.error(request, gettext(refusal.title))
        return HttpResponseRedirect(reverse("staff_payments"))
    if deed is call_same:
        messages.success(request, gettext("Written down. It is the payment that is booked."))
    elif said.number:
        went = gettext("It is booked as a second payment, on invoice %(number)s.")
        messages.success(request, went % {"number": said.number})
    else:
        messages.success(request, gettext("It is booked as a second payment."))
    return HttpResponseRedirect(reverse("staff_payments"))


DOUBTS: Mapping[str, Callable[..., Decided]] = MappingProxyType({"same": call_same, "second": book_second})
"""What each button about a transfer in doubt does."""

aside_urls = [
    path("payments/<slug:brand>/doubts/<uuid:doubt>/", doubt_turn, name="staff_doubt_turn"),
    path("payments/<slug:brand>/<uuid:waiting>/turn/", payment_turn, name="staff_payment_turn"),
]
"""Under /staff/."""
