"""The pages every visitor may read, at every brand, in both languages: no cookie, no inline code, nothing from elsewhere."""

from __future__ import annotations

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db(databases="__all__")

BRANDS = ("vpsfast", "vps6", "photonvps", "vpn", "vietnam-server")
PAGES = ("/privacy/", "/privacy/history/", "/privacy/promises/", "/privacy/disclosures/", "/contact/", "/auth/login/", "/auth/signup/")


def visitor(slug: str, language: str = "en") -> Client:
    return Client(HTTP_HOST=f"{slug}.localhost", headers={"accept-language": language})


@pytest.mark.parametrize("slug", BRANDS)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_reads_without_a_cookie_in_both_languages(slug: str, path: str) -> None:
    english, vietnamese = (visitor(slug, language).get(path) for language in ("en", "vi"))

    for answer, language in ((english, "en"), (vietnamese, "vi")):
        text = answer.content.decode()
        assert answer.status_code == 200
        assert not answer.cookies
        assert f'<html lang="{language}" data-brand="{slug}"' in text
        assert not re.search(r'(?:src|href)="https?://(?!localhost)', text)
    assert english.content != vietnamese.content


@pytest.mark.parametrize("slug", BRANDS)
def test_policy_page_and_data_say_the_same(slug: str) -> None:
    page = visitor(slug).get("/privacy/").content.decode()
    data = visitor(slug).get("/privacy/policy.json").json()

    shown = set(re.findall(r'<section class="clause" id="([^"]+)"', page))
    assert shown == {clause["id"] for clause in data["clauses"]}
    for cookie in data["cookies"]:
        assert f"<code>{cookie['name']}</code>" in page
    assert data["brand"] == slug
    assert data["version"] == 1
    assert data["next"] is None


def test_the_operators_host_compares_the_brands() -> None:
    text = Client(HTTP_HOST="localhost").get("/").content.decode()

    for slug in BRANDS:
        assert f'data-brand="{slug}"' in text
        assert f"{slug}.localhost" in text


def test_undeclared_fields_of_a_sign_up_are_refused_by_the_clause() -> None:
    answer = visitor("vps6").post(
        "/auth/signup/", {"email": "ann@example.test", "birth_date": "1990-01-01"}, headers={"sec-fetch-site": "same-origin"}
    )

    assert answer.status_code == 422
    assert "V6-2" in answer.content.decode()
    assert "1990" not in answer.content.decode()


def test_the_promise_page_shows_the_newest_drill_and_what_is_done_for_all(db) -> None:
    from hostkeep.flows import sweeping
    from hostkeep.runtime import clock
    from hostkeep.vault import drills
    from tests.conftest import make_act

    def page() -> str:
        return Client().get("/privacy/promises/?lang=en", headers={"host": "vps6.localhost"}).content.decode()

    assert "not yet; the first time comes on the second day" in page()
    sweeping.sweep(make_act(brand="", at=clock.now()))
    drills.enter_outcome(make_act(brand="", at=clock.now()), good=True, seconds=9)
    shown = page()
    assert "what was erased stayed erased in it" in shown
    assert "let go, last on" in shown
    drills.enter_outcome(make_act(brand="", at=clock.now()), good=False, seconds=9)
    assert "failed on" in page()
