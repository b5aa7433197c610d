"""A session that ended while its request ran: what was asked for may be done, and the answer says so."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext

from hostkeep.faces.ui.errors import wants_json

CODE = "session.ended_meanwhile"
READS = frozenset({"GET", "HEAD"})
LOG_IN = "/auth/login/"


class Sessions(SessionMiddleware):
    """The framework's sessions, but for one that somebody ended while its request was under way.

    The framework answers that as if the request had been damaged, although the view has run and committed.
    A read leads to the login; anything else says that it may have been done.  Nothing is done twice.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Store the session with the answer; where it is gone, answer that instead."""
        try:
            stored: HttpResponse = super().process_response(request, response)
        except SessionInterrupted:
            return _answer(request)
        return stored


def _answer(request: HttpRequest) -> HttpResponse:
    """Say that the session ended meanwhile.  Source of the status: RFC 9110, 15.5.10."""
    title = gettext("You were logged out meanwhile")
    if wants_json(request):
        body = {"type": f"/errors/{CODE}", "title": title, "status": 409, "code": CODE}
        return _forget(JsonResponse(body, status=409, content_type="application/problem+json"))
    if request.method in READS:
        return _forget(HttpResponseRedirect(LOG_IN))
    from hostkeep.faces.ui.pages import show

    request.session.flush()  # its row is gone: what the page reads of it must be nobody's
    request.user = AnonymousUser()
    return _forget(show(request, "ui/interrupted.html", {"title": title, "status": 409}, status=409))


def _forget(response: HttpResponse) -> HttpResponse:
    """Take the cookie of the session that ended back; nobody keeps the answer."""
    from django.conf import settings

    response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite="Lax")
    response.headers["Cache-Control"] = "no-store"
    return response
