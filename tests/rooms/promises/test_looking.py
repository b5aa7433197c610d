"""How probes look: pages read, traces found, rehearsals undone, strangers unlike anybody."""

from __future__ import annotations

import pytest

from hostkeep.kernel.ids import BrandId
from hostkeep.promises.control import rehearsed
from hostkeep.promises.errors import NoStranger
from hostkeep.promises.evidence.tables import holding, readable, written
from hostkeep.promises.pages import read_page
from hostkeep.promises.stranger import Browser, WsgiStranger, arrive, carry_with, some_address
from hostkeep.promises import stranger
from hostkeep.promises.tempter import WISH, Tempter
from hostkeep.runtime.tallies import tallies, tally
from tests.conftest import NOON

PAGE = """<html><head><title>T</title><script>var words = 1;</script></head><body>
<p>Two <b>words</b> &amp; more</p><a href="/x?y=1">x</a>
<form action="/one/"><input name="a" value="1"><select name="b"><option>q</option></select><input type=submit></form>
<input name="outside"><table><tr><th>H</th><td>c <i>d</i></td></tr></table><p>after</p></body></html>"""


def test_a_page_is_read_as_people_see_it() -> None:
    page = read_page(PAGE)

    assert "Two words & more" in page.words and "var" not in page.words
    assert page.form("/one/").inputs == {"a": "1", "b": ""}
    assert page.form("/two/") is None
    assert page.links == ("/x?y=1",)
    assert [row for row in page.rows if row] == [("H", "c d")]


def test_a_rehearsal_leaves_nothing(db) -> None:
    with rehearsed():
        tally(brand=BrandId("vpn"), kind="form.refused", name="x", at=NOON)
        assert written()["runtime_tally"] >= 1
        assert tallies(brand=BrandId("vpn"), kind="form.refused", since=NOON) == {"x": 1}
    assert tallies(brand=BrandId("vpn"), kind="form.refused", since=NOON) == {}

    with pytest.raises(ZeroDivisionError), rehearsed():
        tally(brand=BrandId("vpn"), kind="form.refused", name="x", at=NOON)
        raise ZeroDivisionError
    assert tallies(brand=BrandId("vpn"), kind="form.refused", since=NOON) == {}


def test_every_table_of_ours_but_the_vault_is_searched(db) -> None:
    found = {(schema, name) for schema, name, _ in readable()}

    assert {("public", "people_session"), ("audit", "audit_entry"), ("public", "procrastinate_jobs")} <= found
    assert not [name for schema, name in found if schema in {"vault", "pg_catalog"}]
    with pytest.raises(ValueError, match="too short"):
        holding(["short"])


def test_a_large_table_is_searched_where_this_transaction_wrote(db, monkeypatch) -> None:
    from hostkeep.promises.evidence import tables

    monkeypatch.setattr(tables, "WHOLE", -2)
    assert not any(whole for _, _, whole in readable())

    tally(brand=BrandId("vpn"), kind="form.refused", name="findme-0815", at=NOON)
    assert holding(["findme-0815"]) == ("runtime_tally",)


class Echo:
    """An application that sets a cookie and says what it was asked."""

    closed = 0

    def __call__(self, environ, start_response):
        start_response("200 OK", [("Set-Cookie", "a=1; Path=/"), ("X-Seen", environ.get("HTTP_COOKIE", "-"))])
        self.body = environ["wsgi.input"].read()
        return self

    def __iter__(self):
        yield self.body

    def close(self):
        self.closed += 1


def test_a_browser_keeps_cookies_and_a_stranger_none() -> None:
    echo = Echo()
    browser = Browser(WsgiStranger(echo), "shop.localhost")

    assert browser.get("/").header("x-seen") == "-"
    assert browser.get("/").header("X-Seen") == "a=1"
    assert browser.post("/", {"k": "v w"}).body == "k=v+w"
    assert echo.closed == 3
    assert browser.given == ["a=1; Path=/"] * 3


def test_the_tempter_yields_to_probes_alone() -> None:
    tempted = WsgiStranger(Tempter(Echo()))

    asked = tempted.request("GET", "shop.localhost", "/", environ={WISH: "evil=1"})
    assert asked.cookies == ("a=1; Path=/", "evil=1")
    for name in (f"HTTP_{WISH}", "HTTP_HOSTKEEP_PROMISES_WISHED_COOKIE"):
        assert tempted.request("GET", "shop.localhost", "/", environ={name: "evil=1"}).cookies == ("a=1; Path=/",)


def test_a_stranger_comes_from_nowhere() -> None:
    from ipaddress import ip_address, ip_network

    assert all(ip_address(some_address()) in ip_network("2001:db8::/32") for _ in range(50))


def test_without_a_way_to_the_pages_nobody_arrives(monkeypatch) -> None:
    monkeypatch.setattr(stranger, "_make", [])
    with pytest.raises(NoStranger):
        arrive("probe:1")
    carry_with(lambda trace: f"somebody of {trace}")
    assert arrive("probe:1") == "somebody of probe:1"


