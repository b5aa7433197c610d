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


@pytest.mark.parametrize(
    "value",
    ['{"email":"ann@example.test"}', "ann@example.test", "a%20b", "x" * 257, "1, b=2", "\u00e4", "eyJhIjogMX0=|", "<b>"],
    ids=["json", "address", "escape", "long", "two", "letters", "padding", "markup"],
)  # fmt: skip
def test_a_cookie_that_holds_more_than_a_token_is_dropped(value: str) -> None:
    assert judge(f"__Host-sid={value}; Path=/", MANIFEST)[0] == "dropped"
    assert judge(f'__Host-sid="{value}"; Path=/', MANIFEST)[0] == "dropped"


def answered(environ: dict, *headers: tuple[str, str]) -> tuple[list[str], dict]:
    """The Set-Cookie headers that leave on an answer with some headers, and what the application saw."""
    seen: dict = {}
    got: list[tuple[str, str]] = []

    def inner(asked, start_response):
        seen.update(asked)
        start_response("200 OK", list(headers))
        return [b""]

    CookieGuard(inner)(environ, lambda _status, said, *_: got.extend(said))
    return [value for name, value in got if name.lower().startswith("set-cookie")], seen


@pytest.mark.parametrize("name", ["Set-Cookie", "SET-COOKIE", "set-cookie", "Set-Cookie2", " set-cookie"])
def test_a_header_written_by_hand_does_not_pass(db: None, name: str) -> None:
    assert answered({"HTTP_HOST": "vps6.localhost"}, (name, "evil=1; Path=/"))[0] == []


def test_a_raw_header_of_a_django_answer_does_not_pass(db: None) -> None:
    from django.http import HttpResponse

    response = HttpResponse()
    response["Set-Cookie"] = "evil=1"
    assert answered({"HTTP_HOST": "vps6.localhost"}, *response.items())[0] == []


@pytest.mark.parametrize(
    ("method", "held", "leaves"),
    [("GET", "", False), ("HEAD", "", False), ("POST", "", True), ("GET", "__Host-keep=a.b", True)],
    ids=["looking", "heading", "saying yes", "said yes before"],
)
def test_a_cookie_that_waits_for_a_yes_leaves_only_after_one(db: None, method: str, held: str, leaves: bool) -> None:
    asked = {"HTTP_HOST": "vps6.localhost", "REQUEST_METHOD": method, "HTTP_COOKIE": held}

    sent, _ = answered(asked, ("Set-Cookie", "__Host-keep=a.b; Max-Age=60; Path=/"))

    assert bool(sent) == leaves


def test_what_is_no_token_does_not_come_in(db: None) -> None:
    sent = '__Host-sid=good; __Host-cart="{\\"a\\": 1}"; __Host-lang=vi; __Host-receipts'
    _, seen = answered({"HTTP_HOST": "vps6.localhost", "HTTP_COOKIE": sent})

    assert seen["HTTP_COOKIE"] == "__Host-sid=good" + ("; __Host-lang=vi" if "__Host-lang" in declared("vps6") else "")


def declared(brand: str) -> set[str]:
    from hostkeep.brands.queries import policy_in_force

    return set(policy_in_force(BrandId(brand), NOON).cookies)


@pytest.mark.parametrize("brand", ["vpn", "vps6", "vpsfast", "photonvps", "vietnam-server"])
def test_a_cookie_of_ours_that_is_no_longer_declared_is_deleted(db: None, brand: str) -> None:
    """As after a policy that declares less: the browser still has it, for the path / and this host alone."""
    from hostkeep.policy.vocabulary.terms import terms

    ours = set(terms("cookie"))
    sent, _ = answered({"HTTP_HOST": f"{brand}.localhost", "HTTP_COOKIE": "; ".join(f"{name}=a" for name in sorted(ours))})

    assert {header.partition("=")[0] for header in sent} == ours - declared(brand)
    for header in sent:
        assert attributes(header) == {"max-age", "path", "secure", "httponly", "samesite", "expires"}
        assert "Max-Age=0" in header
        assert "Path=/;" in header


def test_a_cookie_of_somebody_elses_is_not_ours_to_delete(db: None) -> None:
    assert answered({"HTTP_HOST": "vps6.localhost", "HTTP_COOKIE": "sessionid=x; _ga=y"})[0] == []


def test_every_cookie_of_the_vocabulary_can_stand_in_one_place_only() -> None:
    from hostkeep.policy.vocabulary.terms import terms

    assert all(name.startswith("__Host-") for name in terms("cookie"))


def test_without_a_database_no_cookie_passes_and_the_page_still_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    from hostkeep.faces.ui import guard

    def away(_host: str) -> None:
        raise OSError("away")

    monkeypatch.setattr(guard, "brand_by_host", away)
    sent, seen = answered({"HTTP_HOST": "vps6.localhost", "HTTP_COOKIE": "__Host-sid=s"}, ("Set-Cookie", "__Host-sid=s"))

    assert sent == []
    assert seen["HTTP_COOKIE"] == ""
