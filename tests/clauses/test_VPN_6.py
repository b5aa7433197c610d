"""VPN-6: one identifying cookie, for the current visit only, never accepted again."""

from __future__ import annotations

from datetime import timedelta
from http.cookies import SimpleCookie

from hostkeep.people.actions.canaries import age_sessions
from hostkeep.promises.evidence.cookies import has_lifetime
from hostkeep.promises.signing import is_inside, sign_in, sign_out
from hostkeep.promises.tempter import WISH

PAGES = ("/", "/privacy/", "/privacy/promises/", "/auth/signup/", "/auth/login/", "/cart/", "/account/")


def test_VPN_6_no_other_cookie_leaves_and_none_has_a_lifetime(shop, scene) -> None:
    browser = shop("vpn")
    for page in PAGES:
        browser.get(page)
    assert browser.given == [], "looking around sets nothing"

    sign_in(scene("vpn"), browser)
    for page in PAGES:
        browser.get(page)

    assert {name for header in browser.given for name in SimpleCookie(header)} == {"__Host-sid"}
    assert not [header for header in browser.given if has_lifetime(header)]


def test_VPN_6_a_cookie_that_a_page_tries_to_set_is_dropped_or_cut(shop) -> None:
    browser = shop("vpn")

    assert browser.get("/", **{WISH: "evil=1; Path=/"}).cookies == ()
    (left,) = browser.get("/", **{WISH: "__Host-sid=x; Path=/; Max-Age=86400"}).cookies
    assert not has_lifetime(left)


def test_VPN_6_an_old_cookie_is_refused_after_logout(shop, scene) -> None:
    browser = shop("vpn")
    sign_in(scene("vpn"), browser)
    old = dict(browser.cookies)
    assert is_inside(browser)

    sign_out(browser)

    browser.cookies = old
    assert not is_inside(browser)


def test_VPN_6_an_old_cookie_is_refused_after_the_idle_limit(shop, scene) -> None:
    there, browser = scene("vpn"), shop("vpn")
    sign_in(there, browser)

    age_sessions(there.act, user=there.canary.user, by=timedelta(minutes=19))
    assert is_inside(browser), "nineteen quiet minutes are a pause"
    age_sessions(there.act, user=there.canary.user, by=timedelta(minutes=21))
    assert not is_inside(browser)


def test_VPN_6_is_proven(prove) -> None:
    assert prove("VPN-6") == {}


def test_VPN_6_turns_red_without_the_guard(prove, monkeypatch) -> None:
    from hostkeep.faces.ui import guard

    monkeypatch.setattr(guard, "_guarded", lambda headers, *_: headers)

    assert set(prove("VPN-6")) == {
        "A page sets a cookie that the policy does not name",
        "A page gives the cookie of the visit a lifetime",
    }


def test_VPN_6_turns_red_when_logging_out_ends_nothing(prove, monkeypatch) -> None:
    from hostkeep.people.sessions import SessionStore

    monkeypatch.setattr(SessionStore, "delete", lambda *_: None)

    assert list(prove("VPN-6")) == ["A cookie is used again after logging out"]


def test_VPN_6_turns_red_when_idling_ends_nothing(prove, monkeypatch) -> None:
    from hostkeep.people import sessions

    real = sessions.SessionStore._row

    def ageless(store):
        row = real(store)
        if row is not None:
            row.expires_at += timedelta(days=1)
        return row

    monkeypatch.setattr(sessions.SessionStore, "_row", ageless)

    assert list(prove("VPN-6")) == ["A cookie is used again after the idle limit"]
