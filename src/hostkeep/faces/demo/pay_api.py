"""What the test gateway answers to shops: make a charge, tell how one stands.  Signed requests only."""

from __future__ import annotations

import json
import time
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from hostkeep.faces.demo.pay_book import Kept, OtherContent, PayBook, asked_of, secret
from hostkeep.faces.demo.pay_signing import is_signed
from hostkeep.runtime import addresses
from hostkeep.runtime.paths import data


def gateway_folder() -> Path:
    """Return where the gateway keeps its book.  Raises Http404 outside the demo."""
    if not settings.HOSTKEEP.demo:
        raise Http404
    return data()


def gateway_secret() -> str:
    """Return the secret shared with the shop."""
    return secret(data())


@require_POST
def make_charge(request: HttpRequest) -> HttpResponse:
    """Keep a charge, once a key: 201 and how it stands; 200 for a known one, 409 if its content differs."""
    book = PayBook(gateway_folder())
    if not _signed(request, request.body):
        return _problem(403, "signature")
    try:
        said = json.loads(request.body)
        asked = asked_of(said if isinstance(said, dict) else {})
    except (ValueError, RecursionError):
        return _problem(422, "charge")
    known = book.by_key(asked.once) is not None
    try:
        kept = book.make(asked, at=time.time())
    except OtherContent:
        return _problem(409, "other_content")
    return JsonResponse(standing(kept), status=200 if known else 201)


@require_safe
def tell_charge(request: HttpRequest, once: str) -> HttpResponse:
    """Tell how a charge stands; 404 if it was never asked for."""
    book = PayBook(gateway_folder())
    if not _signed(request, request.path.encode()):
        return _problem(403, "signature")
    kept = book.by_key(once)
    return JsonResponse(standing(kept)) if kept else _problem(404, "never_asked")


def standing(kept: Kept) -> dict[str, object]:
    """Say how a charge stands, as shops read it."""
    visit = addresses.operator_url(reverse("demo_pay_page", args=[kept.token]))
    said: dict[str, object] = {
        "once": kept.once, "state": kept.state, "minor": kept.amount.minor,
        "currency": kept.amount.currency.code, "visit": visit,
    }  # fmt: skip
    if kept.state == "paid":
        said["proof"] = kept.proof
    if kept.state == "declined":
        said["code"] = kept.code
    return said


def _signed(request: HttpRequest, message: bytes) -> bool:
    """Tell whether a request comes from a shop that knows the secret."""
    headers = request.headers
    return is_signed(
        gateway_secret(), stamp=headers.get("Testpay-Time", ""), message=message,
        said=headers.get("Testpay-Signature", ""), now=time.time(),
    )  # fmt: skip


def _problem(status: int, code: str) -> JsonResponse:
    """Refuse, in a word."""
    return JsonResponse({"code": code}, status=status)


pay_api_urls = [
    path("demo/pay/api/charges/", make_charge, name="demo_pay_api"),
    path("demo/pay/api/charges/<str:once>/", tell_charge, name="demo_pay_api_charge"),
]
"""On the operator's host alone."""
