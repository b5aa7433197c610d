"""The language of a page: asked, chosen before, the browser's, the brand's; and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.translation import get_language

from hostkeep.faces.ui.language import COOKIE, Language
from hostkeep.kernel.ids import ClauseId, PurposeId
from hostkeep.policy.book import Cookie
from tests.faces.ui.policies import policy

KEPT = Cookie(COOKIE, PurposeId("remember"), timedelta(days=30), None, ClauseId("T-1"), False, {"en": "a language"})


def ask(path: str = "/", declared: bool = False, languages: tuple[str, ...] = ("en", "vi"), **headers):
    """One request; returns it, what the page spoke, and the answer."""
    request: HttpRequest = RequestFactory().get(path, headers=headers)
    request.brand = SimpleNamespace(languages=languages)
    known = policy()
    request.policy = replace(known, cookies={**known.cookies, COOKIE: KEPT}) if declared else known
    spoken: list[str] = []

    def page(asked: HttpRequest) -> HttpResponse:
        spoken.append(get_language() or "")
        return HttpResponse("x")

    return request, Language(page)(request), spoken[0]


@pytest.mark.parametrize(
    ("path", "accepts", "languages", "spoken"),
    [
        ("/", "", ("en", "vi"), "en"),
        ("/", "", ("vi", "en"), "vi"),
        ("/", "vi-VN,vi;q=0.9,en;q=0.5", ("en", "vi"), "vi"),
        ("/", "fr,de", ("en", "vi"), "en"),
        ("/?lang=vi", "en", ("en", "vi"), "vi"),
        ("/?lang=xx", "vi", ("en", "vi"), "vi"),
        ("/?lang=../../etc", "", ("en",), "en"),
        ("/?lang=vi", "", ("en",), "en"),
    ],
)
def test_who_decides(path, accepts, languages, spoken) -> None:
    request, response, found = ask(path, languages=languages, **{"Accept-Language": accepts})

    assert found == request.LANGUAGE_CODE == response["Content-Language"] == spoken


def test_a_visitor_of_a_shop_without_the_cookie_gets_none_and_keeps_the_links() -> None:
    request, response, _ = ask("/?lang=vi")

    assert not response.cookies
    assert request.kept_language == "?lang=vi"


def test_where_the_policy_declares_the_cookie_it_holds_the_choice_for_that_long() -> None:
    _, response, _ = ask("/?lang=vi", declared=True)

    cookie = response.cookies[COOKIE]
    assert cookie.value == "vi"
    assert cookie["max-age"] == 30 * 86400
    assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax"


def test_the_cookie_counts_only_where_declared() -> None:
    assert ask("/", declared=True, cookie=f"{COOKIE}=vi")[2] == "vi"
    assert ask("/", declared=False, cookie=f"{COOKIE}=vi")[2] == "en"
