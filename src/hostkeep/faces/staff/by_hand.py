"""/staff/payments/by-hand/: money that staff were given, written down once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from hostkeep.billing.actions.by_hand import Taken
from hostkeep.billing.errors.payments import BadByHand
from hostkeep.billing.queries.invoices import currency_of, invoice_by_number
from hostkeep.billing.rules.gateways import WAYS_BY_HAND
from hostkeep.brands.queries import all_brands
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.amounts import read_amount
from hostkeep.faces.ui.pages import show
from hostkeep.flows.paying import take_by_hand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.words import gettext_noop

HOW: Mapping[str, str] = MappingProxyType({
    "cash": gettext_noop("Cash"),
    "cheque": gettext_noop("Cheque"),
    "other": gettext_noop("Another way"),
})  # fmt: skip
"""By the word of rules.gateways.WAYS_BY_HAND: what staff choose."""

WHY: Mapping[str, str] = MappingProxyType({
    "number": gettext_noop("This brand has no such invoice."),
    "amount": gettext_noop("Write an amount such as 25 or 12.50."),
    "how": gettext_noop("Say how it was given."),
    "day": gettext_noop("Write the day it was given, not one to come."),
    "once": gettext_noop("Open the page anew and try again."),
})  # fmt: skip
"""By the field that is wrong: one sentence for staff."""


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("payments")
def by_hand(request: HttpRequest) -> HttpResponse:
    """Write down money that was given for an invoice; a double click writes it once."""
    if request.method != "POST":
        return _page(request)
    act = _act(request)
    found = invoice_by_number(act.brand, request.POST.get("number", ""))
    if found is None:
        return _page(request, "number")
    amount = read_amount(request.POST.get("amount", ""), currency_of(found))
    day = _day(request.POST.get("day", ""))
    if amount is None or day is None:
        return _page(request, "amount" if amount is None else "day")
    taken = Taken(amount, request.POST.get("how", ""), day, request.POST.get("once", ""))
    try:
        receipt = take_by_hand(act, invoice=found, taken=taken)
    except BadByHand as refusal:
        return _page(request, str(refusal.facts["why"]))
    messages.success(request, gettext("Written down for %(number)s.") % {"number": receipt.number})
    return HttpResponseRedirect(reverse("staff_payments"))


def _page(request: HttpRequest, wrong: str = "") -> HttpResponse:
    """Show the form, as it was filled in."""
    said = request.POST
    return show(request, "staff/payments_by_hand.html", {
        "brands": all_brands(),
        "chosen": said.get("brand", request.GET.get("brand", "")),
        "ways": [(word, gettext(HOW[word])) for word in WAYS_BY_HAND],
        "said": said,
        "once": said.get("once") or uuid4().hex,
        "today": _today(request, said.get("brand", request.GET.get("brand", ""))),
        "wrong": wrong,
        "problem": gettext(WHY[wrong]) if wrong else "",
    }, status=422 if wrong else 200)  # fmt: skip


def _today(request: HttpRequest, chosen: str) -> date:
    """Return the day it is at the chosen brand; where none is, the latest that it is at any."""
    at = act_of(request, role=role_of(request), purpose="billing").at
    zones = {row.zone for row in all_brands() if row.id == chosen} or {row.zone for row in all_brands()}
    return max((at.astimezone(ZoneInfo(zone)).date() for zone in zones), default=at.date())


def _act(request: HttpRequest) -> Act:
    """Return the act of a staff member who looks after the chosen brand's money."""
    brand = BrandId(request.POST.get("brand", ""))
    return act_of(request, role=role_of(request), purpose="billing", brand=brand)


def _day(text: str) -> date | None:
    """Read a day as forms send it; None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


by_hand_urls = [path("payments/by-hand/", by_hand, name="staff_by_hand")]
"""Under /staff/."""
