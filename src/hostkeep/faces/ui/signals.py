"""Global Privacy Control: a browser that asks sites not to sell or share data about its user.

Whom a policy does not name as a recipient gets nothing, signal or not.  Beyond that, no box comes ticked for
who sends the signal, and no cookie that makes pages personal is set before their own yes.  The signal is read
anew from each request and kept nowhere: no column, no cookie, no log says who sent it.

Source: W3C, Global Privacy Control, sections "The Sec-GPC Header Field" and "GPC Support Resource".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from hostkeep.brands.queries import BrandRow, version_in_force
from hostkeep.policy.book import Cookie, Form
from hostkeep.runtime import clock

GetResponse = Callable[[HttpRequest], HttpResponse]

HEADER = "Sec-GPC"
IN_ENVIRON = "HTTP_SEC_GPC"
SENT = "1"
"""The one value the header can have; any other is no signal."""

PERSONAL = frozenset({"personalisation"})
"""Purposes of cookies that are not set for who sends the signal, unless they say yes."""


def sends_signal(request: HttpRequest) -> bool:
    """Say whether this request carries the signal."""
    return request.META.get(IN_ENVIRON) == SENT


def unticked_for(request: HttpRequest, form: Form) -> Form:
    """Return a form as it is offered to this browser: with the signal, no message box comes ticked."""
    if not sends_signal(request):
        return form
    return replace(form, choices=tuple(replace(choice, ticked=False) for choice in form.choices))


def withheld(environ: Mapping[str, Any], cookies: Iterable[Cookie]) -> frozenset[str]:
    """Return the cookies that must not leave with the answer to a request that carries the signal.

    environ  of the request (PEP 3333)

    A personal cookie may leave on the answer to a post, by which its user says yes, or if the browser has it.
    """
    if environ.get(IN_ENVIRON) != SENT or environ.get("REQUEST_METHOD") == "POST":
        return frozenset()
    held = {pair.partition("=")[0].strip() for pair in str(environ.get("HTTP_COOKIE", "")).split(";")}
    return frozenset(each.name for each in cookies if each.purpose in PERSONAL) - held


class SaysWhatItReads:
    """Middleware: pages differ by the signal, and say so to whatever keeps them on the way."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the header to `Vary` of each page."""
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            patch_vary_headers(response, (HEADER,))
        return response


@require_safe
def gpc_json(request: HttpRequest) -> HttpResponse:
    """Say to programs that the signal is honoured, since the day of the policy in force.

    Raises Http404 on the operator's own host, which has no policy.
    """
    brand: BrandRow | None = getattr(request, "brand", None)
    if brand is None:
        raise Http404
    since = version_in_force(brand.id, clock.now()).effective_at
    return JsonResponse({"gpc": True, "lastUpdate": since.date().isoformat()})
