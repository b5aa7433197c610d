"""Taking cookies back from a browser whose user took their yes back, or said no."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from hostkeep.kernel.ids import PurposeId
from hostkeep.policy.book import Policy


def forget_cookies(request: HttpRequest, response: HttpResponse, purpose: PurposeId) -> None:
    """Let an answer delete every cookie that waits for a yes to a purpose, where this browser has it.

    A cookie of ours can stand at the path "/" and at this host alone; the guard says why.
    """
    policy: Policy | None = getattr(request, "policy", None)
    for cookie in policy.cookies.values() if policy else ():
        if cookie.asked and cookie.purpose == purpose and cookie.name in request.COOKIES:
            response.delete_cookie(cookie.name, path="/")
