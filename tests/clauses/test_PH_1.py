"""PH-1: the page states how this one site gathers and passes on information."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

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
        "The page prints every clause word for word, in every language",
    }


TEXT = '  text:\n    en: "'


@pytest.fixture
def template(monkeypatch):
    """Change the template of the policy page by hand, as somebody with a text editor would."""
    from django.template import engines

    engine = engines["django"].engine
    (cached,) = engine.template_loaders

    def change(old: str, new: str) -> None:
        real = cached.get_template("storefront/policy.html").source
        assert old in real
        fake = engine.from_string(real.replace(old, new, 1))
        get = cached.get_template
        monkeypatch.setattr(
            cached, "get_template", lambda name, **rest: fake if name == "storefront/policy.html" else get(name, **rest)
        )

    return change


@pytest.mark.parametrize(
    "by_hand",
    [
        "<p>{{ clause.text }} Except on Mondays.</p>",
        "<p>{{ clause.text }}</p><p>Except on Mondays.</p>",
        "<p>{{ clause.text }}</p><div>Except on Mondays.</div>",
        "<p>{{ clause.text }}</p>Except on Mondays.",
        "<p>{{ clause.text|truncatewords:4 }}</p>",
        "",
    ],
)
def test_PH_1_turns_red_when_a_template_says_something_else(prove, template, by_hand: str) -> None:
    template("<p>{{ clause.text }}</p>", by_hand)

    assert "The page prints every clause word for word, in every language" in prove("PH-1")


def test_PH_1_turns_red_when_one_language_alone_says_something_else(prove, template) -> None:
    template("<p>{{ clause.text }}</p>", '<p>{{ clause.text }}{% if page.language == "vi" %} Trừ thứ Hai.{% endif %}</p>')

    assert list(prove("PH-1")) == ["The page prints every clause word for word, in every language"]


def test_PH_1_turns_red_when_somebody_rewrites_the_stored_text_past_the_trigger(committed, pg) -> None:
    """A superuser can; the fingerprint that was announced can not be made to fit."""
    import psycopg

    from hostkeep.brands import queries
    from hostkeep.promises import ledger
    from hostkeep.promises.rounds import run_round

    def light(brand: str, clause: str) -> str:
        queries.forget()
        queries.policy_by_digest.cache_clear()
        at = clock.now()
        run_round(make_act(brand="", at=at), brand=queries.brand(BrandId(brand)))
        return next(row.light for row in ledger.ledger_of(BrandId(brand), at) if row.clause == clause)

    promised = (("photonvps", "PH-1"), ("vpsfast", "VF-9"), ("vps6", "V6-15"))
    assert {light(*each) for each in promised} == {"green"}
    with psycopg.connect(pg.url("postgres", committed), autocommit=True) as line:
        line.execute("SET session_replication_role = replica")
        line.execute("UPDATE brands_policyversion SET source = replace(source, %s, %s)", [TEXT, f"{TEXT}Perhaps "])

    assert {light(*each) for each in promised} == {"red"}
    queries.policy_by_digest.cache_clear()


def test_PH_1_stays_proven_when_a_cookie_is_given_up_and_the_page_says_so(shop, prove) -> None:
    source = re.sub(r"    __Host-interest:\n(      .*\n)+", "", SOURCE)
    assert source != SOURCE
    announce(source)

    assert "__Host-interest" in shop("photonvps").get("/privacy/?lang=en").body
    assert prove("PH-1") == {}
