"""The cookie guard: what is not declared does not leave, and does not come in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.faces.ui.guard import CookieGuard, judge
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime.tallies import tallies
from tests.conftest import NOON

MANIFEST = {"__Host-sid": None, "__Host-keep": 3600}


def attributes(header: str) -> set[str]:
    return {part.strip().partition("=")[0].lower() for part in header.split(";")[1:]}


def test_an_undeclared_cookie_is_dropped() -> None:
    assert judge("evil=1; Path=/", MANIFEST) == ("dropped", "evil", "")


@pytest.mark.parametrize("life", ["Max-Age=9", "Expires=Wed, 01 Jan 2031 00:00:00 GMT"])
def test_a_session_cookie_gets_no_lifetime(life: str) -> None:
    verdict, _, header = judge(f"__Host-sid=abc; {life}; Path=/", MANIFEST)
    assert verdict == "trimmed"
    assert attributes(header) == {"httponly", "secure", "samesite", "path"}


def test_a_lasting_cookie_is_cut_to_the_declared_life() -> None:
    assert "Max-Age=3600" in judge("__Host-keep=x; Max-Age=99999; Path=/", MANIFEST)[2]
    assert "Max-Age=60" in judge("__Host-keep=x; Max-Age=60; Path=/", MANIFEST)[2]
    assert "Max-Age=3600" in judge("__Host-keep=x; Expires=Wed, 01 Jan 2031 00:00:00 GMT", MANIFEST)[2]


def test_a_deletion_passes() -> None:
    verdict, _, header = judge('__Host-keep=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/', MANIFEST)
    assert verdict == "sent"
    assert "Max-Age=0" in header


def test_domain_is_taken_off_and_safety_put_on() -> None:
    _, _, header = judge("__Host-sid=abc; Domain=evil.example; SameSite=None; Path=/x", MANIFEST)
    assert attributes(header) == {"httponly", "secure", "samesite", "path"}
    assert "SameSite=Lax" in header
    assert "Path=/" in header and "Path=/x" not in header


@given(st.text(max_size=60))
def test_judge_is_total(header: str) -> None:
    verdict, _, sent = judge(header, MANIFEST)
    assert verdict in {"sent", "trimmed", "dropped"}
    assert bool(sent) == (verdict != "dropped")


def call(application, host: str, cookie: str = "") -> tuple[list[tuple[str, str]], dict]:
    seen: dict = {}

    def inner(environ, start_response):
        seen.update(environ)
        start_response("200 OK", [("Set-Cookie", "evil=1"), ("Set-Cookie", "__Host-sid=s; Max-Age=9; Path=/"), ("X-A", "b")])
        return [b""]

    got: list[tuple[str, str]] = []
    environ = {"HTTP_HOST": host}
    if cookie:
        environ["HTTP_COOKIE"] = cookie
    application(inner)(environ, lambda status, headers, *rest: got.extend(headers))
    return got, seen


@pytest.mark.parametrize("brand", ["vpn", "vps6", "vpsfast", "photonvps", "vietnam-server"])
def test_at_every_brand_only_declared_cookies_pass_both_ways(db: None, brand: str) -> None:
    headers, seen = call(CookieGuard, f"{brand}.localhost:8000", "evil=1; __Host-sid=s; _ga=x")

    sent = [value for name, value in headers if name == "Set-Cookie"]
    assert [value.partition("=")[0] for value in sent] == ["__Host-sid"]
    assert "max-age" not in sent[0].lower()
    assert seen["HTTP_COOKIE"] == "__Host-sid=s"
    from hostkeep.runtime import clock

    counted = tallies(brand=BrandId(brand), kind="cookie.dropped", since=clock.now() - timedelta(days=1))
    assert counted == {"evil": 1}


def test_the_operators_host_sets_its_session_alone(db: None) -> None:
    headers, _ = call(CookieGuard, "localhost:8000")
    assert [v.partition("=")[0] for n, v in headers if n == "Set-Cookie"] == ["__Host-sid"]
