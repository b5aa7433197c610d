"""VS-17: several host names a brand; a session is worth nothing on a foreign one."""

from __future__ import annotations

import pytest

import json

from hostkeep.promises.signing import is_inside, sign_in
from hostkeep.promises.stranger import Browser

HOSTS = ("vietnam-server.localhost", "live.vietnam-server.localhost", "secure.vietnam-server.localhost")


def test_VS_17_the_brand_answers_on_each_of_its_hosts(stranger) -> None:
    for host in HOSTS:
        answer = stranger.request("GET", host, "/privacy/policy.json")
        assert json.loads(answer.body)["brand"] == "vietnam-server"


def test_VS_17_and_on_no_other(stranger) -> None:
    for host in ("shop.vietnam-server.localhost", "vietnam-server.invalid", "xvietnam-server.localhost", "[::1]"):
        answer = stranger.request("GET", host, "/")
        assert (answer.status, answer.cookies) == (421, ()), host
        assert "vietnam-server" not in answer.body


def test_VS_17_a_session_is_not_valid_on_a_foreign_host(shop, scene, stranger) -> None:
    browser = shop("vietnam-server")
    sign_in(scene("vietnam-server"), browser)

    own = Browser(stranger, HOSTS[1])
    own.cookies = dict(browser.cookies)
    assert is_inside(own), "its own other host is no foreign one"
    for name in ("vps6", "vpn", "photonvps", "vpsfast"):
        there = shop(name)
        there.cookies = dict(browser.cookies)
        assert not is_inside(there), name
    assert is_inside(browser), "and trying it elsewhere did not end it here"


def test_VS_17_the_links_sentence_is_shown(shop) -> None:
    body = shop("vietnam-server").get("/privacy/?lang=en").body

    assert "Its pages may link to others" in body


def test_VS_17_is_proven(prove) -> None:
    assert prove("VS-17") == {}


def sessions_of_any_brand(monkeypatch) -> None:
    """Found under any brand, and saved under the one they were begun at."""
    from hostkeep.people import sessions
    from hostkeep.people.models import Session
    from hostkeep.runtime import brand as running_brand

    saves = sessions.SessionStore.save

    def any_brand(store):
        key = store.session_key
        return Session.objects.filter(key=sessions._hash(key)).first() if key else None

    def saves_anywhere(store, must_create=False):
        row = any_brand(store)
        with running_brand.during(row.brand if row else running_brand.current()):
            saves(store, must_create)

    monkeypatch.setattr(sessions.SessionStore, "_row", any_brand)
    monkeypatch.setattr(sessions.SessionStore, "save", saves_anywhere)


def logins_of_any_brand(monkeypatch) -> None:
    from hostkeep.faces.signin import backend

    monkeypatch.setattr(backend, "is_here", lambda user: True)


@pytest.mark.parametrize("wall", [sessions_of_any_brand, logins_of_any_brand])
def test_VS_17_has_two_walls_and_each_holds_alone(prove, monkeypatch, wall) -> None:
    wall(monkeypatch)

    assert prove("VS-17") == {}


def test_VS_17_turns_red_when_neither_sessions_nor_logins_know_their_brand(prove, monkeypatch) -> None:
    sessions_of_any_brand(monkeypatch)
    logins_of_any_brand(monkeypatch)

    assert list(prove("VS-17")) == ["A session is carried to the hosts of other shops"]


def test_VS_17_turns_red_when_any_host_is_answered(prove, monkeypatch) -> None:
    from hostkeep.brands import queries
    from hostkeep.faces.ui import hosts

    ours = queries.brand("vietnam-server")
    monkeypatch.setattr(hosts, "brand_by_host", lambda host: queries.brand_by_host(host) or ours)

    assert list(prove("VS-17")) == ["The shop is asked for under host names that it does not have"]
