"""Global Privacy Control: honoured, shown, and noted nowhere."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from hostkeep.brands.queries import policy_in_force, version_in_force
from hostkeep.faces.ui.guard import CookieGuard
from hostkeep.faces.ui.signals import withheld
from hostkeep.kernel.ids import BrandId
from hostkeep.messaging.models import Preference
from hostkeep.promises.personas import persona
from hostkeep.runtime import clock
from hostkeep.vault.models import Consent
from hostkeep.vault.wall import opened
from tests.faces.client.conftest import BRANDS, ann
from tests.faces.shop.conftest import HERE, browser, gateway, text

__all__ = ["ann", "browser", "gateway"]

SAID = "Your browser asks sites not to sell or share data about you (Global Privacy Control). Honoured."
SIGNAL = {"Sec-GPC": "1"}
PAGES = ["/", "/privacy/", "/auth/signup/", "/auth/login/", "/cart/", "/contact/"]


def asks(brand: str, path: str, **headers: str):
    spoken = {"accept-language": "en"}
    return Client().get(path, headers={"host": f"{brand}.localhost", **HERE, **spoken, **headers})


def ticked(page) -> set[str]:
    boxes = re.findall(r'<input[^>]*type="checkbox"[^>]*>', text(page))
    return {re.search(r'name="([^"]+)"', box)[1] for box in boxes if " checked" in box}


@pytest.mark.parametrize("brand", BRANDS)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_that_the_signal_is_honoured_and_only_then(db, brand: str, path: str) -> None:
    for _ in range(2):  # the second time from what was kept of the first
        assert SAID in text(asks(brand, f"{path}?lang=en", **SIGNAL))
        assert SAID not in text(asks(brand, f"{path}?lang=en"))


@pytest.mark.parametrize("value", ["0", "", "true", "1, 1", "2"])
def test_another_value_is_no_signal(db, value: str) -> None:
    assert SAID not in text(asks("vps6", "/privacy/", **{"Sec-GPC": value}))


@pytest.mark.parametrize("path", PAGES)
def test_pages_tell_whatever_keeps_them_that_they_differ(db, path: str) -> None:
    for headers in ({}, SIGNAL):
        assert "Sec-GPC" in asks("vps6", path, **headers)["Vary"]


@pytest.mark.parametrize("brand", BRANDS)
def test_no_box_for_messages_comes_ticked(db, brand: str) -> None:
    choices = policy_in_force(BrandId(brand), clock.now()).forms["signup"].choices
    assert ticked(asks(brand, "/auth/signup/", **SIGNAL)) == set()
    assert ticked(asks(brand, "/auth/signup/")) == {choice.stream for choice in choices if choice.ticked}


def test_who_sends_it_and_ticks_nothing_gets_no_news(db) -> None:
    policy = policy_in_force(BrandId("vps6"), clock.now())
    at = {"host": "vps6.localhost", **HERE, **SIGNAL}
    Client().post("/auth/signup/", persona(policy.forms["signup"]).posting(), headers=at)
    assert dict(Preference.objects.values_list("stream", "wanted")) == {
        "product_news": False, "site_news": False, "offers": False,
    }
    with opened():
        assert not Consent.objects.exists()


def test_an_own_yes_counts_for_who_sends_it(db) -> None:
    policy = policy_in_force(BrandId("vpsfast"), clock.now())
    at = {"host": "vpsfast.localhost", **HERE, **SIGNAL}
    Client().post("/auth/signup/", persona(policy.forms["signup"]).posting(newsletter="on"), headers=at)
    with opened():
        assert Consent.objects.get().purpose == "newsletter"


def test_at_the_order_a_box_never_answered_comes_empty_and_an_answered_one_as_it_was_left(browser, gateway) -> None:
    ann = browser("photonvps")
    ann.puts()
    ann.signs_in()
    at = {"host": ann.host, **HERE}
    assert ticked(ann.client.get("/checkout/", headers=at)) == {"company_news"}
    assert ticked(ann.client.get("/checkout/", headers={**at, **SIGNAL})) == set()
    ann.sends(ann.get("/checkout/"), "/checkout/", gateway="testpay", company_news="on")
    ann.puts()
    assert ticked(ann.client.get("/checkout/", headers={**at, **SIGNAL})) == {"company_news"}


def test_the_privacy_pages_say_what_is_done(ann) -> None:
    for path in ("/privacy/", "/account/privacy/"):
        plain = text(ann.client.get(path, headers={"host": ann.host, **HERE}))
        signalled = text(ann.client.get(path, headers={"host": ann.host, **HERE, **SIGNAL}))
        assert "Your browser does not send it." in plain
        assert "Your browser sends it: honoured." in signalled


@pytest.mark.parametrize("language", ["en", "vi"])
def test_it_is_said_in_both_languages(db, language: str) -> None:
    page = text(asks("vps6", f"/privacy/?lang={language}", **SIGNAL))
    assert f'<html lang="{language}"' in page
    assert "Global Privacy Control" in page.split("<footer")[1]


def test_no_cookie_comes_of_it(db) -> None:
    for path in PAGES:
        assert not asks("vps6", path, **SIGNAL).cookies


# -- cookies that make pages personal


def leaves(method: str, environ: dict[str, str], cookie: str = "__Host-interest=x; Path=/") -> list[str]:
    """What leaves of a cookie that a page of photonvps sets."""
    sent: list[tuple[str, str]] = []

    def application(_environ, start_response):
        start_response("200 OK", [("Set-Cookie", cookie)])
        return [b""]

    asked = {"HTTP_HOST": "photonvps.localhost", "REQUEST_METHOD": method, **environ}
    list(CookieGuard(application)(asked, lambda _status, headers: sent.extend(headers)))
    return [value.partition("=")[0] for name, value in sent if name.lower() == "set-cookie"]


def test_a_personal_cookie_is_not_set_before_the_visitors_own_yes(db) -> None:
    """Signal or not: at this brand it waits for a yes, which a page that is only looked at cannot bring."""
    for signal in ({"HTTP_SEC_GPC": "1"}, {"HTTP_SEC_GPC": "0"}, {}):
        assert leaves("GET", signal) == []
        assert leaves("POST", signal) == ["__Host-interest"]


def test_it_is_set_on_the_answer_to_a_yes_and_kept_up_afterwards(db) -> None:
    assert leaves("POST", {"HTTP_SEC_GPC": "1"}) == ["__Host-interest"]
    assert leaves("GET", {"HTTP_SEC_GPC": "1", "HTTP_COOKIE": "a=b; __Host-interest=x"}) == ["__Host-interest"]


def test_other_cookies_leave_as_ever(db) -> None:
    assert leaves("GET", {"HTTP_SEC_GPC": "1"}, "__Host-sid=x; Path=/") == ["__Host-sid"]
    cookies = policy_in_force(BrandId("photonvps"), clock.now()).cookies.values()
    assert withheld({"HTTP_SEC_GPC": "1", "REQUEST_METHOD": "GET"}, cookies) == {"__Host-interest"}


# -- the statement for programs


@pytest.mark.parametrize("brand", BRANDS)
def test_the_support_resource_says_since_when(db, brand: str) -> None:
    answer = asks(brand, "/.well-known/gpc.json")
    since = version_in_force(BrandId(brand), clock.now()).effective_at.date()
    assert answer["Content-Type"] == "application/json"
    assert json.loads(answer.content) == {"gpc": True, "lastUpdate": since.isoformat()}


def test_the_operators_own_host_makes_no_such_statement(db) -> None:
    assert Client().get("/.well-known/gpc.json", headers={"host": "localhost"}).status_code == 404
    assert Client().post("/.well-known/gpc.json", headers={"host": "vps6.localhost", **HERE}).status_code == 405
