"""What the test gateway answers to shops: charges, refunds, kept methods.  Signed requests only."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from hostkeep.faces.demo.pay_back import Back, back_by_key, give_back
from hostkeep.faces.demo.pay_book import Kept, OtherContent, PayBook, asked_of, secret
from hostkeep.faces.demo.pay_methods import (
    EXPIRES,
    Left,
    ask_method,
    charge_method,
    forget,
    method_by_key,
)
from hostkeep.faces.demo.pay_out import told_of_outs
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

    def make(book: PayBook, said: Mapping[str, Any]) -> JsonResponse:
        asked = asked_of(said)
        known = book.by_key(asked.once) is not None
        return JsonResponse(standing(book.make(asked, at=time.time())), status=200 if known else 201)

    return _heard(request, make)


@require_safe
def tell_charge(request: HttpRequest, once: str) -> HttpResponse:
    """Tell how a charge stands; 404 if it was never asked for."""

    def tell(book: PayBook) -> dict[str, object] | None:
        kept = book.by_key(once)
        return standing(kept) if kept else None

    return _told(request, tell)


@require_safe
def tell_origin(request: HttpRequest, proof: str) -> HttpResponse:
    """Tell where the card is from that paid a charge, if its payer said so; 404 for no such payment."""

    def tell(book: PayBook) -> dict[str, object] | None:
        kept = book.by_proof(proof)
        return {"country": book.origin(kept)} if kept else None

    return _told(request, tell)


@require_safe
def tell_payouts(request: HttpRequest, since: str) -> HttpResponse:
    """Tell what was paid out to the bank since a day, and what is held; 404 where that is no day."""

    def tell(book: PayBook) -> dict[str, object] | None:
        try:
            return told_of_outs(book, since=date.fromisoformat(since))
        except ValueError:
            return None

    return _told(request, tell)


@require_POST
def make_refund(request: HttpRequest) -> HttpResponse:
    """Give money back, once a key: how it stands; 409 if the key stands for another."""

    def give(book: PayBook, said: Mapping[str, Any]) -> JsonResponse:
        return JsonResponse(back_standing(give_back(book, said, at=time.time())))

    return _heard(request, give)


@require_safe
def tell_refund(request: HttpRequest, once: str) -> HttpResponse:
    """Tell how a refund stands; 404 if it was never asked for."""

    def tell(book: PayBook) -> dict[str, object] | None:
        back = back_by_key(book, once)
        return back_standing(back) if back else None

    return _told(request, tell)


@require_POST
def make_method(request: HttpRequest) -> HttpResponse:
    """Keep a shop's wish for a method, once a key: how it stands."""

    def keep(book: PayBook, said: Mapping[str, Any]) -> JsonResponse:
        return JsonResponse(method_standing(ask_method(book, said, at=time.time())))

    return _heard(request, keep)


@require_safe
def tell_method(request: HttpRequest, once: str) -> HttpResponse:
    """Tell how a method stands; 404 if it was never asked for."""

    def tell(book: PayBook) -> dict[str, object] | None:
        left = method_by_key(book, once)
        return method_standing(left) if left else None

    return _told(request, tell)


@require_POST
def charge_kept(request: HttpRequest) -> HttpResponse:
    """Charge a method that is kept, once a key: how the charge stands; 410 where the method is gone."""

    def charge(book: PayBook, said: Mapping[str, Any]) -> JsonResponse:
        kept = charge_method(book, str(said.get("token")), asked_of(said), at=time.time())
        return JsonResponse(standing(kept)) if kept else _problem(410, "gone")

    return _heard(request, charge)


@require_POST
def forget_method(request: HttpRequest) -> HttpResponse:
    """Let go of a method."""

    def let_go(book: PayBook, said: Mapping[str, Any]) -> JsonResponse:
        forget(book, str(said.get("token")))
        return JsonResponse({"state": "gone"})

    return _heard(request, let_go)


def back_standing(back: Back) -> dict[str, object]:
    """Say how a refund stands, as shops read it."""
    return {
        "once": back.once, "state": back.state, "proof": back.proof, "minor": back.amount.minor,
        "currency": back.amount.currency.code, "code": "refused",
    }  # fmt: skip


def method_standing(left: Left) -> dict[str, object]:
    """Say how a method stands, as shops read it."""
    if left.state == "open":
        page = reverse("demo_pay_method", args=[left.token])
        return {"state": "open", "visit": addresses.operator_url(page)}
    if left.state != "kept":
        return {"state": "declined", "code": "cancelled"}
    return {"state": "kept", "token": left.handle, "label": left.label, "expires_on": EXPIRES}


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


def _heard(request: HttpRequest, do: Callable[[PayBook, Mapping[str, Any]], JsonResponse]) -> JsonResponse:
    """Take a shop's signed wish: 403 for a wrong signature, 422 where it cannot be, 409 where it differs."""
    book = PayBook(gateway_folder())
    if not _signed(request, request.body):
        return _problem(403, "signature")
    try:
        said = json.loads(request.body)
        return do(book, said if isinstance(said, dict) else {})
    except (ValueError, RecursionError):
        return _problem(422, "wish")
    except OtherContent:
        return _problem(409, "other_content")


def _told(request: HttpRequest, tell: Callable[[PayBook], dict[str, object] | None]) -> JsonResponse:
    """Answer a shop's signed question; 404 if it is about nothing that was asked for."""
    book = PayBook(gateway_folder())
    if not _signed(request, request.path.encode()):
        return _problem(403, "signature")
    said = tell(book)
    return JsonResponse(said) if said is not None else _problem(404, "never_asked")


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
    path("demo/pay/api/origins/<str:proof>/", tell_origin, name="demo_pay_api_origin"),
    path("demo/pay/api/payouts/<str:since>/", tell_payouts, name="demo_pay_api_payouts"),
    path("demo/pay/api/refunds/", make_refund, name="demo_pay_api_refunds"),
    path("demo/pay/api/refunds/<str:once>/", tell_refund, name="demo_pay_api_refund"),
    path("demo/pay/api/methods/", make_method, name="demo_pay_api_methods"),
    path("demo/pay/api/methods/forget/", forget_method, name="demo_pay_api_forget"),
    path("demo/pay/api/methods/<str:once>/", tell_method, name="demo_pay_api_method"),
    path("demo/pay/api/stored/", charge_kept, name="demo_pay_api_stored"),
]
"""On the operator's host alone."""
