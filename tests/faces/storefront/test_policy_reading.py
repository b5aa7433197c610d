"""The policy can be read by everybody and printed; each field of each form says why it is asked."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import Client

from hostkeep.faces.storefront.policy_layout import sections_of
from hostkeep.policy.render.page import policy_page
from tests.faces.assistive import Page, unexplained
from tests.faces.ui.policies import policy

pytestmark = pytest.mark.django_db(databases="__all__")

BRANDS = ("vpsfast", "vps6", "photonvps", "vpn", "vietnam-server")
BOTH = [(brand, language) for brand in BRANDS for language in ("en", "vi")]

def page(brand: str, path: str, language: str = "en") -> Page:
    answer = Client(HTTP_HOST=f"{brand}.localhost", headers={"accept-language": language}).get(path)
    assert answer.status_code == 200
    return Page(answer.content.decode())


@pytest.mark.parametrize(("brand", "language"), BOTH)
def test_the_policy_page_can_be_read_by_an_assistive_program(brand: str, language: str) -> None:
    read = page(brand, "/privacy/", language)

    assert read.language == language
    assert read.levels[0] == 1
    assert read.levels.count(1) == 1
    assert all(deeper <= before + 1 for before, deeper in zip(read.levels, read.levels[1:], strict=False))
    assert read.heads_without_scope == 0
    assert read.tables == read.captions >= 4
    assert read.links[0] == "#main"
    assert "main" in read.ids
    assert len(read.ids) == len(set(read.ids))
    inside = {link.removeprefix("#") for link in read.links if link.startswith("#")}
    assert inside <= set(read.ids)


@pytest.mark.parametrize("brand", BRANDS)
def test_the_page_says_which_language_decides(brand: str) -> None:
    english, vietnamese = (
        Client(HTTP_HOST=f"{brand}.localhost").get(f"/privacy/?lang={language}").content.decode()
        for language in ("en", "vi")
    )
    decides = {"en": "The text in English is authoritative.", "vi": "The text in Vietnamese is authoritative."}
    named = [code for code, sentence in decides.items() if sentence in english]

    assert len(named) == 1
    assert ("This is a translation" in english) == (named != ["en"])
    assert ("Đây là bản dịch" in vietnamese) == (named != ["vi"])


def test_a_law_that_tightens_is_named_beside_the_clause() -> None:
    text = Client(HTTP_HOST="vps6.localhost").get("/privacy/?lang=en").content.decode()
    clause = text.partition('id="V6-11"')[2].partition('class="clause" id=')[0]

    assert "because of GDPR art. 12(3)." in clause
    assert "because of" not in Client(HTTP_HOST="vpsfast.localhost").get("/privacy/?lang=en").content.decode()


def test_paper_shows_the_policy_and_nothing_else() -> None:
    sheet = Path(str(finders.find("ui/components.css"))).read_text(encoding="utf-8")
    rules = sheet.partition("@media print {")[2]
    hidden = re.search(r"([^{}]*)\{ display: none !important; \}", rules)

    assert hidden is not None
    for part in (".bar nav", ".foot nav", ".toc", ".skip", ".btn"):
        assert part in hidden[1]
    assert "details::details-content { content-visibility: visible" in rules
    assert "color: black !important; background: none !important" in rules
    assert ".clause-id" not in hidden[1]


@pytest.mark.parametrize(("brand", "language"), BOTH)
def test_each_field_of_sign_up_says_why_it_is_asked(brand: str, language: str) -> None:
    read = page(brand, "/auth/signup/", language)
    streams = {"newsletter", "announcements", "product_news", "site_news", "offers", "company_news", "partner_offers"}

    assert set(unexplained(read)) <= streams, "only the message streams, whose text says what they are"
    assert {name for name in read.controls if read.controls[name]} <= read.labels


@pytest.mark.parametrize("product", ["ten-mien-vn", "ten-mien-com"])
def test_what_a_product_asks_says_why(product: str) -> None:
    read = page("vietnam-server", f"/products/{product}/")

    assert any(name.startswith("answer-") for name in read.controls)
    assert unexplained(read) == []


def test_texts_that_are_not_in_the_language_of_the_page_say_in_which_they_are() -> None:
    known = policy("vpsfast")
    alone = replace(known, languages=("en",))
    laid = policy_page(alone, "vi")
    text = render_to_string("storefront/policy.html", {"page": laid, "sections": sections_of(laid, None)})

    assert laid.foreign == "en"
    assert '<div class="text" lang="en">' in text
    assert text.count('lang="en"') > len(alone.clauses) + len(laid.fields) + len(laid.cookies)
    assert 'lang="en"' not in render_to_string(
        "storefront/policy.html",
        {"page": policy_page(known, "vi"), "sections": sections_of(policy_page(known, "vi"), None)},
    ).partition('class="doc"')[2]
