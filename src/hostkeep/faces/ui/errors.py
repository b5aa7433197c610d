"""One place where refusals become answers: a plain page for people, a problem document for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

import structlog
from django.core.exceptions import (
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

from hostkeep.kernel.errors import Foreseen
from hostkeep.policy.book import Policy

GetResponse = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger()

NOT_FOUND = 404
PAGES: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("people.link.over", "brands.policy.no_notice"), "ui/link_over.html")
    | {"billing.pay_link.over": "ui/pay_link_over.html"}
)
"""Refusals with a page of their own, by code: links of ours that lead nowhere any more."""


def wants_json(request: HttpRequest) -> bool:
    """Say whether a program asks."""
    accepted = request.headers.get("Accept", "")
    return request.path.startswith(("/api/", "/callbacks/")) or (
        "json" in accepted and "text/html" not in accepted
    )


def title_of(error: Foreseen) -> str:
    """Return the refusal's sentence in the reader's language, its fields filled."""
    text = gettext(error.title) if error.title else error.code
    try:
        return text.format(**error.facts)
    except (KeyError, IndexError, ValueError):
        return text


def clause_text(policy: Policy | None, clause: str, language: str) -> str:
    """Return the clause's own words, or an empty text."""
    if policy is None or not clause:
        return ""
    for found in policy.clauses:
        if found.id == clause:
            return found.text.get(language) or found.text.get("en", "")
    return ""


def answer(request: HttpRequest, error: Foreseen) -> HttpResponse:
    """Answer a refusal.  Source of the document: RFC 9457."""
    title = title_of(error)
    facts = {k: v for k, v in error.facts.items() if k not in {"type", "title", "status"}}
    if wants_json(request):
        body = {"type": f"/errors/{error.code}", "title": title, "status": error.status, "code": error.code}
        return JsonResponse(
            {**body, **facts}, status=error.status, content_type="application/problem+json"
        )
    from hostkeep.faces.ui.pages import show

    language = getattr(request, "LANGUAGE_CODE", "en")
    context = {
        "title": title,
        "code": error.code,
        "clause": error.clause,
        "clause_text": clause_text(getattr(request, "policy", None), error.clause, language),
        "facts": facts,
        "status": error.status,
        "back": _came_from(request),
    }
    usual = "ui/404.html" if error.status == NOT_FOUND else "ui/refusal.html"
    return show(request, PAGES.get(error.code, usual), context, status=error.status)


def _came_from(request: HttpRequest) -> str:
    """Return the page of this host that a form was sent from, or an empty text."""
    page = urlsplit(request.headers.get("Referer", ""))
    ours = request.method == "POST" and page.netloc == request.get_host()
    return page.path if ours and page.path.startswith("/") and not page.path.startswith("//") else ""


class Refusals:
    """Middleware: a Foreseen error answers with its status and sentence; the rest is a bug and a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Turn a refusal into an answer; leave the rest to the 500 page."""
        if isinstance(error, Foreseen):
            return answer(request, error)
        # What is too large or damaged is answered as that (`unreadable`): anybody can send it.  The sign-in
        # library steers by exceptions of its own, which its middleware answers.
        answered = isinstance(error, Http404 | SuspiciousOperation)
        if not answered and not type(error).__module__.startswith("allauth."):
            trace = getattr(request, "trace", "-")
            log.error("page.broke", trace=trace, exc_info=(type(error), error, error.__traceback__))
        return None


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    del exception
    from hostkeep.faces.ui.pages import show

    return show(request, "ui/404.html", {"title": gettext("This page does not exist.")}, status=404)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is too large or damaged: nothing of it was read.  Source: RFC 9110, 15.5.14."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    status = 413 if too_large else 400
    title = gettext("This is more than we take in") if too_large else gettext("This could not be read")
    if wants_json(request):
        code = "request.too_large" if too_large else "request.unreadable"
        body = {"type": f"/errors/{code}", "title": title, "status": status, "code": code}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    from hostkeep.faces.ui.pages import show

    return show(request, "ui/unreadable.html", {"title": title, "status": status}, status=status)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer a bug: no detail, and nothing read that could break again."""
    context = {
        "trace": getattr(request, "trace", "-"),
        "brand": getattr(request, "brand", None),
        "LANGUAGE_CODE": getattr(request, "LANGUAGE_CODE", "en"),
    }
    return HttpResponse(render_to_string("ui/500.html", context), status=500)
