"""Headers on every answer: nothing of ours may be framed, sniffed, or load from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from hostkeep.runtime import addresses

GetResponse = Callable[[HttpRequest], HttpResponse]

HSTS = "max-age=63072000; includeSubDomains"


def content_policy() -> str:
    """Return the Content-Security-Policy of ordinary pages.

    form-action names the test gateway's origin, where paying redirects to; browsers check redirects of forms.
    """
    operator = f"{addresses.scheme()}://{addresses.operator_host()}{addresses.port()}"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action 'self' {operator}; frame-ancestors 'none'; base-uri 'none'"
    )


class SafeHeaders:
    """Middleware: the outermost, so that errors and static files carry them too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.fixed = {
            "Content-Security-Policy": content_policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }
        if addresses.scheme() == "https":
            self.fixed["Strict-Transport-Security"] = HSTS

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add what a view has not set itself."""
        response = self.get_response(request)
        for name, value in self.fixed.items():
            response.headers.setdefault(name, value)
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers["Cache-Control"] = "no-store"
        elif request.COOKIES or response.cookies:
            # A visitor's cart, receipts or half-finished login: nobody's to find on a shared machine.
            response.headers.setdefault("Cache-Control", "no-store")
        return response
