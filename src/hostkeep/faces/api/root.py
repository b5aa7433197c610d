"""The API itself: its resources, and what becomes of what goes wrong in them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from hostkeep.faces.api import (
    account,
    add_ons,
    announcing,
    cart,
    catalogue,
    closing,
    consents,
    credit,
    invoices,
    keys,
    messages,
    methods,
    objections,
    orders,
    people,
    services,
    subscriptions,
    terms,
    use,
)
from hostkeep.faces.api.parsing import StrictJson
from hostkeep.faces.api.refusals import BadCall, NoSuchAddress
from hostkeep.faces.api.shapes import bad_fields
from hostkeep.faces.ui.errors import answer

ABOUT = (
    "Each brand has its own API under its own host; a key opens one account at one brand. "
    "Errors are problem documents (RFC 9457); where the privacy policy refuses, they name the clause. "
    "POST, PUT, PATCH and DELETE take an Idempotency-Key: for 24 hours the same call gets the same answer."
)

root = NinjaAPI(
    title="Hostkeep",
    version="1",
    description=ABOUT,
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
    parser=StrictJson(),
)

TAGS = {
    "account/messages": "messages", "account/consents": "consents", "account/closing": "account",
    "account/policy": "terms",
}  # fmt: skip

for place, router in (
    ("policy", announcing.router),
    ("catalogue", catalogue.router),
    ("account", account.router),
    ("account/messages", messages.router),
    ("account/closing", closing.router),
    ("account/consents", consents.router),
    ("account/policy", terms.router),
    ("account", objections.router),
    ("cart", cart.router),
    ("orders", orders.router),
    ("invoices", invoices.router),
    ("payment-methods", methods.router),
    ("credit", credit.router),
    ("services", services.router),
    ("services", subscriptions.router),
    ("services", add_ons.router),
    ("services", use.router),
    ("keys", keys.router),
    ("people", people.router),
):
    root.add_router(place, router, tags=[TAGS.get(place, place)])

PARTS_OF_A_BODY = 2
"""Where the name of a field begins in what the library says of a place: ("body", "told", "field")."""


@root.exception_handler(ValidationError)
def misfits(request: HttpRequest, error: Any) -> HttpResponse:
    """Tell which values do not fit; the values themselves are not repeated."""
    wrong = [{"field": _place(each["loc"]), "why": str(each["msg"])} for each in error.errors]
    return bad_fields(request, wrong)


@root.exception_handler(HttpError)
def unreadable(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer a body that the framework cannot read."""
    del error
    return answer(request, BadCall())


@root.exception_handler(Http404)
def nowhere(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer for what is not there."""
    del error
    return answer(request, NoSuchAddress())


def _place(loc: Any) -> str:
    """Name the place of a mistake as the caller wrote it."""
    parts = [str(part) for part in loc]
    return ".".join(parts[PARTS_OF_A_BODY:] or parts[-1:])
