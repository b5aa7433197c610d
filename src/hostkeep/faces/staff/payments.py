"""Payments in the back office: what came, bank files, and money that nobody has claimed yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hostkeep.billing.actions.paying import note_nothing_moved
from hostkeep.billing.actions.receiving import match_payment
from hostkeep.billing.errors.payments import BadBankFile
from hostkeep.billing.queries.doubts import doubts
from hostkeep.billing.queries.invoices import invoice_by_number
from hostkeep.billing.queries.payments import payment, payments, unknown_attempts
from hostkeep.brands.queries import all_brands
from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.staff.by_hand import by_hand_urls
from hostkeep.faces.staff.payouts import payout_urls
from hostkeep.faces.staff.setting_aside import aside_urls, shown
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.paging import page_number
from hostkeep.flows.bank_files import import_bank_file
from hostkeep.flows.matching import candidates
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, PaymentId
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime import clock

PAGE = 50
DAY = timedelta(days=1)
"""So long a gateway may take to tell, before a person is asked to look."""

BIGGEST_FILE = 5_000_000

WHY: Mapping[str, str] = MappingProxyType({
    "size": gettext_noop("The file is larger than 5 MB."),
    "empty": gettext_noop("The file is empty."),
    "xml": gettext_noop("The file begins as XML and is none."),
    "entities": gettext_noop("The file declares entities. No bank does, so we did not open it."),
    "format": gettext_noop(
        "The file is no CAMT.053 statement of the versions 02 to 08, and no CSV with a date and an amount."
    ),
    "amount": gettext_noop("An amount is missing, finer than its currency, or could be read in two ways."),
    "date": gettext_noop("A booking date in the file is missing or wrong."),
    "future": gettext_noop(
        "A booking date in the file is more than a week ahead. Day and month may be read the wrong way round."
    ),
    "ids": gettext_noop(
        "This report (CAMT.052) has transfers without the bank's own id. Read the day's statement (CAMT.053)."
    ),
    "account": gettext_noop("The file speaks of another account than this brand's."),
})  # fmt: skip
"""By the `why` of BadBankFile: one sentence for staff."""


@require_safe
@staff_only("payments")
def payment_list(request: HttpRequest) -> HttpResponse:
    """List payments, unmatched ones first, then the newest.  ?brand= chooses."""
    shops, number = all_brands(), page_number(request)
    brand = next((row.id for row in shops if row.id == request.GET.get("brand")), "")
    rows = payments(brand=BrandId(brand) if brand else None, first=PAGE + 1, skip=(number - 1) * PAGE)
    return show(request, "staff/payments.html", {
        "payments": rows[:PAGE],
        "older": number + 1 if len(rows) > PAGE else 0,
        "newer": number - 1,
        "brands": shops,
        "chosen": brand,
        "doubts": doubts(brand=BrandId(brand) if brand else None) if number == 1 else (),
        "unknown": unknown_attempts(before=clock.now() - DAY) if number == 1 else (),
    })  # fmt: skip


@require_POST
@staff_only("payments")
def nothing_moved(request: HttpRequest, brand: str, attempt: UUID) -> HttpResponse:
    """Write down that no money of an attempt moved.  Raises NoSuchPayment, PaymentDecided."""
    note_nothing_moved(_act(request, brand), attempt=attempt)
    messages.success(request, gettext("Written down. It can be paid or charged again."))
    return HttpResponseRedirect(reverse("staff_payments"))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("payments")
def bank_file(request: HttpRequest) -> HttpResponse:
    """Take a bank's file, and show what became of each transfer."""
    chosen = request.POST.get("brand", request.GET.get("brand", ""))
    context: dict[str, object] = {"brands": all_brands(), "chosen": chosen}
    if request.method != "POST":
        return show(request, "staff/payments_import.html", context)
    try:
        context["result"] = import_bank_file(_act(request, chosen), body=_uploaded(request))
    except BadBankFile as refusal:
        context["problem"] = gettext(WHY[str(refusal.facts["why"])])
        return show(request, "staff/payments_import.html", context, status=refusal.status)
    return show(request, "staff/payments_import.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only("payments")
def payment_match(request: HttpRequest, brand: str, waiting: UUID) -> HttpResponse:
    """Say which invoice an unmatched payment was for."""
    found = payment(PaymentId(waiting), brand=BrandId(brand))
    typed = request.POST.get("number", "")
    invoice = invoice_by_number(found.brand, typed) if request.method == "POST" else None
    if invoice is None:
        asked = request.method == "POST"
        page = {"payment": found, "likely": candidates(found), "unknown": asked, "typed": typed[:40]}
        return show(
            request, "staff/payments_match.html", {**page, **shown(found)}, status=422 if asked else 200
        )  # fmt: skip
    receipt = match_payment(_act(request, brand), payment=found.id, invoice=invoice)
    said = gettext("The payment went on invoice %(number)s.") % {"number": receipt.number}
    messages.success(request, said)
    return HttpResponseRedirect(reverse("staff_payments"))


def _act(request: HttpRequest, brand: str) -> Act:
    """Return the act of a staff member who looks after a brand's money."""
    return act_of(request, role=role_of(request), purpose="billing", brand=BrandId(brand))


def _uploaded(request: HttpRequest) -> bytes:
    """Return the posted file.  Raises BadBankFile."""
    file = request.FILES.get("file")
    if file is None:
        raise BadBankFile(why="empty")
    if file.size is None or file.size > BIGGEST_FILE:
        raise BadBankFile(why="size")
    return bytes(file.read())


payment_urls = [
    *by_hand_urls,
    *payout_urls,
    *aside_urls,
    path("payments/", payment_list, name="staff_payments"),
    path("payments/<slug:brand>/attempts/<uuid:attempt>/nothing/", nothing_moved, name="staff_nothing_moved"),
    path("payments/bank-file/", bank_file, name="staff_bank_file"),
    path("payments/<slug:brand>/<uuid:waiting>/match/", payment_match, name="staff_payment_match"),
]
"""Under /staff/."""
