"""No forged posts: the browser says where a request comes from; a signed-in form carries a token too."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from hostkeep.faces.ui.errors import answer
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop

GetResponse = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SIGNED_CALLS = ("/callbacks/", "/demo/pay/api/", "/api/")
"""Addresses that machines post to: they bring a signature or a key, and no cookie counts there."""

TOKEN = "form_token"  # noqa: S105  the name of a field, no secret
HEADER = "X-Form-Token"


class ForgedPost(Foreseen):
    """A post from another site, or an old page's."""

    code = "form.forged"
    title = gettext_noop("This form did not come from this page, or is too old. Please reload and try again.")
    status = 403


class NoForgery:
    """Middleware.  Source: Fetch Metadata (W3C), RFC 6454 for Origin."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; the check waits for the session."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: View, _args: tuple[object, ...], _kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """Refuse an unsafe request that is not this host's own."""
        request.form_token = lazy_token(request)  # type: ignore[attr-defined]
        if request.method in SAFE or request.path.startswith(SIGNED_CALLS):
            return None
        if comes_from_here(request) and brings_token(request):
            return None
        return answer(request, ForgedPost())  # a refusal raised here would reach nobody


def comes_from_here(request: HttpRequest) -> bool:
    """Say whether a request's own headers name this host as where it comes from."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    told = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        there = urlsplit(told).netloc.lower()
    except ValueError:  # such as "http://["
        return False
    return there == str(request.META.get("HTTP_HOST", "")).lower() != ""


def brings_token(request: HttpRequest) -> bool:
    """Say whether a signed-in form carries its session's token; a visitor's form carries none."""
    if not request.user.is_authenticated:
        return True
    given = request.headers.get(HEADER) or request.POST.get(TOKEN, "")
    return hmac.compare_digest(given.encode(), token_of(request).encode())


def token_of(request: HttpRequest) -> str:
    """Return the token of a signed-in session, made when first asked for; a visitor has none."""
    if not request.user.is_authenticated:
        return ""
    token = request.session.get(TOKEN)
    if token is None:
        token = secrets.token_urlsafe(24)
        request.session[TOKEN] = token
    return str(token)


def lazy_token(request: HttpRequest) -> Any:
    """Return the token for a template, made only if the template shows it; a visitor has none."""
    return SimpleLazyObject(lambda: token_of(request)) if request.user.is_authenticated else ""
