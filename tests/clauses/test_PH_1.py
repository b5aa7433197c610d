"""PH-1: the page states how this one site gathers and passes on information."""

from __future__ import annotations

import json
from pathlib import Path

from hostkeep.brands.actions.announcing import announce_policy
from hostkeep.kernel.ids import BrandId
from hostkeep.promises.pages import read_page
from hostkeep.promises.tempter import WISH
from hostkeep.runtime import clock
from tests.conftest import make_act

SOURCE = (Path(__file__).parents[2] / "brands" / "photonvps" / "policy.yaml").read_text()
MORE_FIELD = "signup:\n      company: {ask: optional, why: {en: \"for the books\", vi: \"cho sổ sách\"}}\n"
MORE_COOKIE = '__Host-draft: {purpose: cart, life: P1D, holds: {en: "a draft", vi: "bản nháp"}}\n    '


def announce(source: str) -> None:
    """Publish a policy; photonvps changes at once."""
    act = make_act("owner", "site_administration", brand="photonvps", at=clock.now())
    announce_policy(act, brand=BrandId("photonvps"), source=source, effective_at=None)


def told(shop) -> tuple[bool, ...]:
    """Say where one more field and one more cookie are seen: page, data, form; page, data, guard."""
    browser = shop("photonvps")
    page = read_page(browser.get("/privacy/?lang=en").body)
    words = " ".join(cell for row in page.rows for cell in row)  # the page also tells what used to stand there
    data = json.loads(browser.get("/privacy/policy.json").body)
    form = read_page(browser.get("/auth/signup/").body).form("/auth/signup/")
    through = browser.get("/", **{WISH: "__Host-draft=1; Path=/"})
    return (
        "for the books" in words.lower(),
        any(field["category"] == "company" for field in data["forms"]["signup"]),
        "company" in form.inputs,
        "__Host-draft" in words,
        any(cookie["name"] == "__Host-draft" for cookie in data["cookies"]),
        any("__Host-draft" in header for header in through.cookies),
    )


def widened() -> str:
    """The policy with one more field and one more cookie."""
    source = SOURCE.replace("signup:\n      email:", MORE_FIELD + "      email:", 1)
    source = source.replace("categories:\n", "categories:\n  company: {}\n", 1)
    source = source.replace("__Host-cart:", MORE_COOKIE + "__Host-cart:", 1)
    assert MORE_FIELD in source and "  company: {}" in source and "__Host-draft" in source
    return source


def test_PH_1_page_data_form_and_cookies_change_together_and_go_back(shop) -> None:
    assert told(shop) == (False,) * 6
    announce(widened())
    assert told(shop) == (True,) * 6
    announce(SOURCE + "\n# the old one, once more\n")
    assert told(shop) == (False,) * 6


def test_PH_1_the_page_names_the_host_it_covers(shop) -> None:
    words = read_page(shop("photonvps").get("/privacy/?lang=en").body).words

    assert "photonvps.localhost" in words
    assert "vps6.localhost" not in words


def test_PH_1_is_proven(prove) -> None:
    assert prove("PH-1") == {}


def test_PH_1_turns_red_when_the_page_is_not_made_from_the_policy_in_force(prove, monkeypatch) -> None:
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.faces.storefront import policy_pages
    from hostkeep.policy.render.page import policy_page

    other = policy_in_force(BrandId("vps6"), clock.now())
    monkeypatch.setattr(policy_pages, "policy_page", lambda _policy, language: policy_page(other, language))

    assert set(prove("PH-1")) == {
        "The page names its hosts and shows every clause in force",
        "Page, data and cookie list name the same cookies",
        "Page, data and sign-up form ask the same",
    }
