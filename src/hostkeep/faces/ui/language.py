"""Which language a page speaks: ?lang=, else what was chosen, the account's, the browser's, the brand's."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from hostkeep.faces.ui.accounts import account_or_none
from hostkeep.faces.ui.words import LANGUAGES
from hostkeep.policy.book import Cookie

COOKIE = "__Host-lang"
KEY = "language"


class Language:
    """Sets the language of the request and remembers a choice where the policy lets it.

    ?lang= is kept in the cookie where the policy declares __Host-lang, in the session of who is signed in,
    and else only in this page and its main links: a visitor gets no session for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer in the reader's language."""
        offered = _offered(request)
        asked = _known(request.GET.get("lang", ""), offered)
        language = asked or _chosen(request, offered) or _of_browser(request, offered) or offered[0]
        request.LANGUAGE_CODE = language
        cookie = _cookie(request)
        if asked and cookie is None and not _keep_in_session(request, asked):
            request.kept_language = f"?lang={asked}"  # type: ignore[attr-defined]
        with translation.override(language):
            response = self.get_response(request)
        if asked and cookie is not None:
            _set(response, cookie, asked)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        return response


def _offered(request: HttpRequest) -> tuple[str, ...]:
    """Return the languages of the brand, its own first."""
    brand = getattr(request, "brand", None)
    return tuple(code for code in brand.languages if code in LANGUAGES) if brand else tuple(LANGUAGES)


def _known(code: str, offered: tuple[str, ...]) -> str:
    """Return the offered language that a code means, or an empty text."""
    plain = code.lower().split("-", maxsplit=1)[0]
    return plain if plain in offered else ""


def _chosen(request: HttpRequest, offered: tuple[str, ...]) -> str:
    """Return what was chosen before: the cookie, the session, the account.  It opens no session."""
    found = _known(request.COOKIES.get(COOKIE, ""), offered) if _cookie(request) else ""
    if not found and _signed_in(request):
        found = _known(request.session.get(KEY, ""), offered) or _of_account(request, offered)
    return found


def _of_account(request: HttpRequest, offered: tuple[str, ...]) -> str:
    """Return the language of the signed-in person's account, and remember it for this session."""
    account = account_or_none(request)
    found = _known(account.language, offered) if account else ""
    if found:
        request.session[KEY] = found
    return found


def _of_browser(request: HttpRequest, offered: tuple[str, ...]) -> str:
    """Return the first of the browser's languages that is offered."""
    for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if found := _known(code, offered):
            return found
    return ""


def _cookie(request: HttpRequest) -> Cookie | None:
    """Return the policy's declaration of the language cookie, if it has one."""
    policy = getattr(request, "policy", None)
    return policy.cookies.get(COOKIE) if policy else None


def _signed_in(request: HttpRequest) -> bool:
    """Say whether somebody is signed in; without a session cookie nothing is read."""
    user = getattr(request, "user", None)
    return settings.SESSION_COOKIE_NAME in request.COOKIES and bool(user and user.is_authenticated)


def _keep_in_session(request: HttpRequest, language: str) -> bool:
    """Remember the choice of somebody who is signed in; say whether it was possible."""
    if not _signed_in(request):
        return False
    request.session[KEY] = language
    return True


def _set(response: HttpResponse, cookie: Cookie, language: str) -> None:
    """Put the choice into its cookie, for as long as declared."""
    response.set_cookie(
        COOKIE, language, max_age=cookie.life, secure=True, httponly=True, samesite="Lax", path="/"
    )
