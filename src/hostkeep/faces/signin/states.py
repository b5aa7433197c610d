"""What sign-in opens to the owner of an account that is closed: one page, and the ways to it and from it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from hostkeep.faces.signin import staying
from hostkeep.faces.ui.accounts import account_or_none
from hostkeep.people.rules.closing import OPEN

GetResponse = Callable[[HttpRequest], HttpResponse]

LEFT = "/account/closed/"
"""The page for the owner of a closed account."""

SHUT = ("/account/", "/auth/", "/checkout/")
"""Where a closed account has nothing to do, but for what stands below."""

STILL = (
    LEFT,
    "/account/policy/",
    "/account/privacy/export/",
    "/auth/login/",
    "/auth/logout/",
    "/auth/reauthenticate/",
    "/auth/2fa/authenticate/",
    "/auth/2fa/reauthenticate/",
    "/auth/2fa/webauthn/reauthenticate/",
)
"""What its owner may still do: export, opt out, dispute, read the rules, prove who they are, leave."""


class ClosedAccounts:
    """Middleware: leads the owner of a closed account to what is left, whatever address they ask for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, unless the page belongs to open accounts alone."""
        if request.path.startswith(SHUT) and not request.path.startswith(STILL):
            account = account_or_none(request)
            if account is not None and account.state != OPEN:
                return HttpResponseRedirect(LEFT)
        return self.get_response(request)


def sign_out(request: HttpRequest) -> None:
    """Sign this browser out; its cookies go with the answer."""
    staying.end(request)
    logout(request)
