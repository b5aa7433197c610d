"""V6-15: every change is shown, grouped and readable, on the policy page and on the home page."""

from __future__ import annotations

import pytest

from hostkeep.faces.storefront import differences
from hostkeep.promises.pages import read_page
from tests.rooms.brands.announcements import announce, changed, reworded

WIDER = (
    "    - {categories: [ticket, message], purposes: [improvement], roles: [support, owner]}\n",
    "    - {categories: [ticket, message], purposes: [improvement], roles: [support, owner, sales]}\n",
)


def everything() -> str:
    """One change of what is collected, one of use, one of disclosure."""
    return changed(
        "vps6",
        ("      name: {ask: optional, why: {en: \"so that we can address you\"", "      name: {ask: required, why: {en: \"so that we can address you\""),
        ("purposes: [improvement], roles: [support, owner]", "purposes: [improvement], roles: [support, sales, owner]"),
        ("      categories: [name, email, phone]\n      purposes: [service]", "      categories: [name, email, phone, address]\n      purposes: [service]"),
    )  # fmt: skip


@pytest.mark.parametrize("language", ["en", "vi"])
def test_V6_15_both_pages_show_a_change_grouped_as_collection_use_and_disclosure(shop, language: str) -> None:
    from hostkeep.policy.vocabulary.terms import say

    announce("vps6", everything())
    titles = [say("kind", kind, language) for kind in ("collect", "use", "disclose")]

    for path in ("/privacy/", "/"):
        words = read_page(shop("vps6").get(f"{path}?lang={language}").body).words
        places = [words.find(title) for title in titles]
        assert -1 not in places, (path, titles)
    words = read_page(shop("vps6").get(f"/?lang={language}").body).words
    assert [words.find(t) for t in titles] == sorted(words.find(t) for t in titles), "in this order"


def test_V6_15_a_rewording_is_shown_with_old_and_new_words(shop) -> None:
    announce("vps6", reworded())
    for path in ("/privacy/", "/"):
        body = shop("vps6").get(f"{path}?lang=en").body
        assert "<del>write</del>" in body and "<ins>note</ins>" in body, path


def test_V6_15_the_home_page_of_a_brand_that_does_not_promise_it_stays_as_it_is(shop) -> None:
    from tests.rooms.brands.announcements import longer

    announce("vpn", longer("vpn"))
    assert "21 days" not in read_page(shop("vpn").get("/?lang=en").body).words


def test_V6_15_is_proven(prove) -> None:
    assert prove("V6-15") == {}


def test_V6_15_turns_red_when_the_pages_tell_no_difference(prove, monkeypatch) -> None:
    from hostkeep.faces.storefront import home, policy_pages

    monkeypatch.setattr(policy_pages, "news_of", lambda *_: ())
    monkeypatch.setattr(home, "news_at_home", lambda *_: ())

    assert set(prove("V6-15")) == {
        "A change of use is shown under its kind on both pages",
        "A sentence of the policy is reworded in the hope that no page tells",
    }


def test_V6_15_turns_red_when_only_the_home_page_is_silent(prove, monkeypatch) -> None:
    from hostkeep.faces.storefront import home

    assert home.news_at_home is differences.news_at_home
    monkeypatch.setattr(home, "news_at_home", lambda *_: ())

    assert "A change of use is shown under its kind on both pages" in prove("V6-15")
