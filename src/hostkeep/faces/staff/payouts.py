"""Pay-outs in the back office: what gateways passed on to the bank, and what of it no bank has shown yet."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from hostkeep.billing.queries.payouts import in_transit, payouts
from hostkeep.brands.queries import all_brands
from hostkeep.faces.staff.access import staff_only
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.paging import page_number
from hostkeep.flows.paying_out import checked_at, send_now, telling_accounts
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import clock

PAGE = 50
LATE = timedelta(days=5)
"""So long after the day that a gateway named, money that no bank has shown is worth a look."""


@require_safe
@staff_only("payments")
def payout_list(request: HttpRequest) -> HttpResponse:
    """List what is in transit, then all pay-outs, the newest first.  ?brand= chooses."""
    shops = all_brands()
    number = page_number(request)
    chosen = next((row.id for row in shops if row.id == request.GET.get("brand")), "")
    brand = BrandId(chosen) if chosen else None
    rows = payouts(brand=brand, first=PAGE + 1, skip=(number - 1) * PAGE)
    return show(request, "staff/payouts.html", {
        "moving": in_transit(brand=brand) if number == 1 else (),
        "rows": rows[:PAGE],
        "older": number + 1 if len(rows) > PAGE else 0,
        "newer": number - 1,
        "brands": shops,
        "chosen": chosen,
        "late_before": (clock.now() - LATE).date(),
        "asked_at": checked_at(),
        "telling": sorted({account.gateway for account in telling_accounts()}),
    })  # fmt: skip


@require_POST
@staff_only("payments")
def ask_now(request: HttpRequest) -> HttpResponse:
    """Send the errand that asks gateways for their pay-outs off at once."""
    send_now()
    messages.success(request, gettext("The payment companies are asked. What they tell shows up here."))
    return HttpResponseRedirect(reverse("staff_payouts"))


payout_urls = [
    path("payments/payouts/", payout_list, name="staff_payouts"),
    path("payments/payouts/ask/", ask_now, name="staff_payouts_ask"),
]
"""Under /staff/."""
