"""Whose rules a page follows: a signed-in customer's version of the policy, where it is not everybody's."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import stands_apart
from hostkeep.faces.ui.accounts import account_or_none
from hostkeep.runtime import clock

PUBLIC = "/privacy/"
"""Pages that tell the world's version, whoever reads them."""


class OwnTerms:
    """Middleware: sets request.policy to the version that applies to the person who is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer by the customer's own rules."""
        brand = getattr(request, "brand", None)
        somebody = settings.SESSION_COOKIE_NAME in request.COOKIES and not request.path.startswith(PUBLIC)
        if brand is not None and somebody and stands_apart(brand.id):
            account = account_or_none(request)
            if account is not None:
                request.policy = policy_for(brand.id, account.subject, clock.now())  # type: ignore[attr-defined]
        return self.get_response(request)
