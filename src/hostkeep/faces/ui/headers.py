"""Headers on every answer: nothing of ours may be framed, sniffed, or load from elsewhere.

`SafeHeaders` is the outermost middleware and knows the page.  `FinalHeaders` stands outside Django and the
cookie guard, and completes whatever leaves, an answer to a failure that nobody caught too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from hostkeep.faces.ui.nonces import FILES, is_personal, sources_of
from hostkeep.runtime import addresses, registry
from hostkeep.vault import door

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
GetResponse = Callable[[HttpRequest], HttpResponse]

HSTS = "max-age=63072000; includeSubDomains"


TELLS_WHAT_WE_RUN = frozenset({"server", "x-powered-by"})
NOBODY = ("Server", "web")
"""Stands in for the name of the server program, which that would otherwise add itself."""

BROKE = b"Something broke on our side. Nothing was lost; please try again in a moment.\n"

log = structlog.get_logger()


def content_policy(scripts: str = FILES, gateways: Iterable[str] = ()) -> str:
    """Return the Content-Security-Policy of ordinary pages.

    scripts   what script-src allows
    gateways  by which one may pay there
    form-action names the origins that paying redirects to, the test gateway's always: browsers check where a
    form's answer redirects to, and stop it.  Source: Content Security Policy Level 3, form-action.
    """
    operator = f"{addresses.scheme()}://{addresses.operator_host()}{addresses.port()}"
    there = " ".join((operator, *(page for name in gateways for page in _pages_of(name))))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action 'self' {there}; frame-ancestors 'none'; base-uri 'none'"
    )


def _pages_of(gateway: str) -> tuple[str, ...]:
    """Return the origins at which a gateway has people pay; none of one that is not installed."""
    if gateway not in registry.names("hostkeep.gateways"):
        return ()
    pages: tuple[str, ...] = registry.load("hostkeep.gateways", gateway).manifest.pages
    return pages


def fixed_headers() -> Mapping[str, str]:
    """Return what every answer carries unless it says better itself."""
    hsts = {"Strict-Transport-Security": HSTS} if addresses.scheme() == "https" else {}
    return {
        "Content-Security-Policy": content_policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        **hsts,
    }


class SafeHeaders:
    """Middleware: the outermost, so that errors and static files carry them too.

    What holds personal data is stored nowhere on its way: whatever was let out of the vault while this thread
    made the answer may stand in it, in a page, a file or a refusal.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.fixed = fixed_headers()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add what a view has not set itself."""
        before = door.reveals_of_thread()
        response = self.get_response(request)
        shop = getattr(request, "brand", None)
        policy = content_policy(sources_of(request), shop.payment if shop else ())
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in self.fixed.items():
            response.headers.setdefault(name, value)
        user = getattr(request, "user", None)
        revealed = door.reveals_of_thread() != before
        if revealed or (user is not None and user.is_authenticated):
            response.headers["Cache-Control"] = "no-store"
        elif is_personal(request) or response.cookies:
            # A visitor's cart, receipts or half-finished login: nobody's to find on a shared machine.
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class FinalHeaders:
    """Wraps a WSGI application (PEP 3333): the last to see an answer."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        self.fixed = fixed_headers()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Complete the headers; answer a failure that nobody caught plainly, and log its class alone."""
        begun: list[str] = []

        def completed(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            begun.append(status)
            return start_response(status, self._complete(headers), *rest)

        try:
            return self.inner(environ, completed)
        except Exception as error:
            log.error("page.broke", exc_info=(type(error), error, error.__traceback__))  # noqa: TRY400  as a line of ours
            if begun:
                raise
        completed("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
        return [BROKE]

    def _complete(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers with those that lack, and without what tells which program runs here."""
        kept = [(name, value) for name, value in headers if name.lower() not in TELLS_WHAT_WE_RUN]
        there = {name.lower() for name, _ in kept}
        lacking = [(name, value) for name, value in self.fixed.items() if name.lower() not in there]
        return [*kept, *lacking, NOBODY]
