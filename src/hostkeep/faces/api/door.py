"""What every call to the API passes: no cookies, a key, a pace, once for all, problem documents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from hostkeep.brands.applying import policy_for
from hostkeep.brands.queries import stands_apart
from hostkeep.faces.api import refusals
from hostkeep.faces.api.cursors import heads
from hostkeep.faces.api.keyed import now_of, read_key
from hostkeep.faces.api.parsing import storable
from hostkeep.faces.ui.errors import answer
from hostkeep.faces.ui.pages import language_of
from hostkeep.kernel.errors import Foreseen
from hostkeep.people.api_calls import Answered, begin_call, count_call, drop_call, finish_call
from hostkeep.people.queries import KeyRow
from hostkeep.policy.book import Policy

GetResponse = Callable[[HttpRequest], HttpResponse]

ROOT = "/api/"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
MOST_BYTES = 65_536
LARGER = {"/api/v1/policy/versions": 1_000_000}
"""Where a body may be larger: a whole policy."""

PACE = 120
"""Calls that a key may make in a minute."""

JSON = frozenset({"application/json", "application/merge-patch+json"})
PROBLEM = "application/problem+json"
CHANNEL = "api"
KEPT_HEADERS = ("Content-Type", "Location", "Link", "Content-Language")
ONCE = "Idempotency-Key"

_ONCE = re.compile(r'"([\x20\x21\x23-\x5b\x5d-\x7e]{1,128})"|([\x21\x23-\x7e]{1,128})')
_NAMES_OF_KEYS = frozenset({"key", "api_key", "apikey", "token", "access_token", "authorization"})
_LOOKS_LIKE_A_KEY = re.compile(r"hk_[0-9a-f]{12}_")


class NoCookies:
    """Middleware: the API sees no cookie and sets none, so no browser carries a right into it unasked.

    That is why the check against forged posts need not look at it: whoever calls must hold a key.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Take cookies away on the way in and on the way out."""
        if not request.path.startswith(ROOT):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        request.COOKIES = {}
        response = _problem_at_worst(request, self.get_response(request))
        response.cookies.clear()
        return response


class ApiDoor:
    """Middleware: reads the key, counts the call, answers a repeated one, and dresses every answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let a call in or refuse it."""
        if not request.path.startswith(ROOT):
            return self.get_response(request)
        head = request.method == "HEAD"
        if head:
            request.method = "GET"
        try:
            response = self._let_in(request)
        except Foreseen as refusal:
            response = answer(request, refusal)
            _add(response, _said_with(refusal))
        response = _dressed(request, response)
        if head:
            response.content = b""
        return response

    def _let_in(self, request: HttpRequest) -> HttpResponse:
        """Answer a call that may come in.  Raises what refusals.py names, and those of idempotency."""
        _check_address(request)
        _check_body(request)
        key = read_key(request)
        request.api_key = key  # type: ignore[attr-defined]
        if key is None:
            return self.get_response(request)
        _keep_pace(key, now_of(request))
        _set_terms(request, key)
        language = language_for(request, key)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self._answered(request, key)
        response.headers["Content-Language"] = language
        return response

    def _answered(self, request: HttpRequest, key: KeyRow) -> HttpResponse:
        """Answer a call whose key may come in.  Raises ChannelClosed, BadOnce, and those of idempotency."""
        if request.method in SAFE:
            return self.get_response(request)
        _check_channel(request)
        once = once_of(request)
        return self._once(request, key, once) if once else self.get_response(request)

    def _once(self, request: HttpRequest, key: KeyRow, once: str) -> HttpResponse:
        """Answer a call, or give the answer that it got before."""
        body = request.body.decode("utf-8", "replace")
        content = "\n".join((str(request.method), request.get_full_path(), body))
        begun = begin_call(key, once=once, content=content, at=now_of(request))
        if isinstance(begun, Answered):
            return _again(begun.answer)
        response = self.get_response(request)
        if response.status_code >= 500 or not getattr(request, "api_reached", False):  # noqa: PLR2004  a bug of ours
            drop_call(begun)
        else:
            unkept = getattr(request, "api_unkept", False)
            finish_call(begun, None if unkept else _kept(_dressed(request, response)))
        return response


def once_of(request: HttpRequest) -> str:
    """Return the idempotency key of a call, or an empty text where it brings none.  Raises BadOnce."""
    said = request.headers.get(ONCE)
    if said is None:
        return ""
    found = _ONCE.fullmatch(said.strip())
    if not found:
        raise refusals.BadOnce
    return found[1] or found[2]


def language_for(request: HttpRequest, key: KeyRow) -> str:
    """Return the language of an answer: what the call asks for, else the account's, else the brand's."""
    asked = request.GET.get("lang") or request.headers.get("Accept-Language")
    theirs = key.language in request.brand.languages  # type: ignore[attr-defined]
    return key.language if theirs and not asked else language_of(request)


def _check_address(request: HttpRequest) -> None:
    """Refuse keys in addresses, and signs that nothing of ours has.  Raises KeyInAddress, BadCall."""
    for name, values in request.GET.lists():
        if name.lower() in _NAMES_OF_KEYS or any(_LOOKS_LIKE_A_KEY.search(value) for value in values):
            raise refusals.KeyInAddress
        if not all(storable(text) for text in (name, *values)):
            raise refusals.BadCall
    if not storable(request.path):
        raise refusals.BadCall


def _check_body(request: HttpRequest) -> None:
    """Refuse a body that is too large or no JSON.  Raises TooLarge, NotJson, BadCall."""
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    if not said.isascii() or not said.isdecimal():
        raise refusals.BadCall
    length = int(said[:20])
    most = LARGER.get(request.path, MOST_BYTES)
    if length > most:
        raise refusals.TooLarge(most=most)
    if length and request.content_type not in JSON:
        raise refusals.NotJson


def _keep_pace(key: KeyRow, at: datetime) -> None:
    """Count a call.  Raises TooFast."""
    if count_call(key, at) > PACE:
        raise refusals.TooFast(wait=60 - at.second)


def _check_channel(request: HttpRequest) -> None:
    """Refuse a call that brings something in where the policy takes nothing in by program.

    Raises ChannelClosed, naming the clause on scope.
    """
    policy: Policy | None = getattr(request, "policy", None)
    if policy is not None and policy.channels and CHANNEL not in policy.channels:
        clauses = (clause.id for clause in policy.clauses if clause.kind == "scope")
        raise refusals.ChannelClosed(clause=next(clauses, ""))


def _set_terms(request: HttpRequest, key: KeyRow) -> None:
    """Set request.policy to the version that applies to the key's owner, as pages do for who is signed in."""
    if key.account is not None and stands_apart(key.brand):
        request.policy = policy_for(key.brand, key.subject, now_of(request))  # type: ignore[attr-defined]


def _kept(response: HttpResponse) -> dict[str, Any]:
    """Return what is kept of an answer."""
    return {
        "status": response.status_code,
        "headers": {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers},
        "body": response.content.decode(),
    }


def _again(kept: Any) -> HttpResponse:
    """Give an answer once more.  Raises NotKept where it held a secret."""
    if kept is None:
        raise refusals.NotKept
    response = HttpResponse(kept["body"], status=kept["status"], headers=kept["headers"])
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _said_with(refusal: Foreseen) -> dict[str, str]:
    """Return the headers that belong to a refusal.  Source: RFC 6750 section 3, RFC 9110 section 10.2.3."""
    match refusal:
        case refusals.KeyMissing():
            return {"WWW-Authenticate": 'Bearer realm="hostkeep"'}
        case refusals.KeyRefused():
            return {"WWW-Authenticate": 'Bearer realm="hostkeep", error="invalid_token"'}
        case refusals.TooFast(facts={"wait": wait}):
            return {"Retry-After": str(wait)}
        case _:
            return {}


def _dressed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Make errors problem documents, and add the headers that every answer carries."""
    response = _problem_at_worst(request, response)
    if response.status_code == 401 and "WWW-Authenticate" not in response.headers:  # noqa: PLR2004
        response.headers["WWW-Authenticate"] = 'Bearer realm="hostkeep"'
    _add(response, heads(request))
    patch_vary_headers(response, ("Authorization",))
    keyed = "Authorization" in request.headers
    response.headers["Cache-Control"] = "no-store" if keyed else "no-cache"
    return _tagged(request, response)


def _add(response: HttpResponse, headers: Mapping[str, str]) -> None:
    """Add headers to an answer."""
    for name, value in headers.items():
        response.headers[name] = value


def _problem_at_worst(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return an answer, a problem document in its place where it is an error's page."""
    if response.status_code < 400 or PROBLEM in response.headers.get("Content-Type", ""):  # noqa: PLR2004
        return response
    return _as_problem(request, response)


def _as_problem(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Put a problem document in the place of a page."""
    kind = refusals.BY_STATUS.get(response.status_code)
    if kind is None:
        kind = refusals.BadCall if response.status_code < 500 else refusals.Broken  # noqa: PLR2004  ours from there
    facts = {"most": MOST_BYTES} if kind is refusals.TooLarge else {}
    problem = answer(request, kind(**facts))
    problem.status_code = response.status_code
    if "Allow" in response.headers:
        problem.headers["Allow"] = response.headers["Allow"]
    return problem


def _tagged(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give a good answer its ETag; one that the caller has already is not sent again.

    Source: RFC 9110 sections 8.8.3 and 13.1.2.
    """
    if request.method != "GET" or response.status_code != 200 or response.streaming:  # noqa: PLR2004  OK
        return response
    tag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    held = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    if not held & {tag, "*"}:
        return response
    same = HttpResponse(status=304)
    del same.headers["Content-Type"]
    for name, value in response.headers.items():
        if name not in {"Content-Type", "Content-Length"}:
            same.headers[name] = value
    return same
