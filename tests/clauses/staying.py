"""Cookies that keep somebody logged in and their cart, as the clauses of two shops promise them: the same stories."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from hostkeep.brands.queries import policy_in_force
from hostkeep.faces.signin import staying
from hostkeep.kernel.ids import BrandId
from hostkeep.people.actions.staying import HASTE
from hostkeep.people.queries import stays_of
from hostkeep.promises.evidence.tables import holding
from hostkeep.promises.tempter import WISH
from hostkeep.runtime import clock
from tests.clauses.logins import at, is_in, logs_in, reopened
from tests.faces.client.conftest import PASSWORD, Member
from tests.faces.shop.conftest import text

KEEP = "__Host-keep"


def stays(member: Member) -> Client:
    """Log in with the box ticked."""
    browser = Client()
    assert logs_in(member, browser, stay="on").status_code == 302
    return browser


def who_chose_to_stay_is_still_known(ann: Member) -> None:
    browser = stays(ann)

    again = reopened(browser)
    assert set(again.cookies) == {KEEP}
    assert is_in(ann, again)


def without_the_choice_nobody_is_known(ann: Member) -> None:
    browser = Client()
    page = text(browser.get("/auth/login/", headers=at(ann)))
    assert 'name="stay"' in page
    assert " checked" not in page.split('name="stay"')[1].split(">")[0]

    logs_in(ann, browser)

    assert is_in(ann, browser)
    assert KEEP not in browser.cookies
    assert not is_in(ann, reopened(browser))


def a_used_token_is_refused_and_ends_the_series(ann: Member) -> None:
    browser = stays(ann)
    copied = reopened(browser)
    owner = reopened(browser)
    assert is_in(ann, owner)

    clock.advance(HASTE)
    assert not is_in(ann, copied)
    assert not is_in(ann, owner), "whoever came in by the other copy is signed out"
    assert not is_in(ann, reopened(owner))


def ended_in_the_client_area_it_is_over(ann: Member) -> None:
    browser = stays(ann)
    (stay,) = stays_of(ann.user, clock.now())

    page = ann.get("/account/security/")
    assert ann.sends(page, f"/account/security/stays/{stay.id}/end/").status_code == 302

    assert not is_in(ann, reopened(browser))


def the_cookie_holds_a_random_token_and_no_password(ann: Member) -> None:
    first, second = (stays(ann).cookies[KEEP].value for _ in range(2))

    assert first and first != second
    for told in (PASSWORD, ann.email, ann.account.number, str(ann.user)):
        assert told not in first
    assert holding(first.split(".")) == (), "the tables hold its hash"
    assert first.count(".") == 1
    assert all(len(part) >= 20 for part in first.split("."))


def it_lives_no_longer_than_declared_and_no_other_cookie_leaves(ann: Member, shop) -> None:
    assert stays(ann).cookies[KEEP]["max-age"] == int(timedelta(days=30).total_seconds())
    assert shop(ann.brand).get("/", **{WISH: "__Host-trace=1; Path=/"}).cookies == ()


def the_cart_is_kept_by_a_random_reference(brand: str) -> None:
    visitor = Member(brand, "visitor")
    visitor.client = Client()
    visitor.puts()
    cookie = visitor.client.cookies["__Host-cart"]

    declared = policy_in_force(BrandId(brand), clock.now()).cookies["__Host-cart"].life
    assert declared is not None and cookie["max-age"] == int(declared.total_seconds())
    assert len(cookie.value) >= 20 and visitor.product() not in cookie.value
    again = reopened(visitor.client)
    assert '<span class="count">1</span>' in text(again.get("/", headers=at(visitor)))


def a_tick_that_nobody_asks_for_keeps_somebody_in(ann: Member, monkeypatch) -> None:
    monkeypatch.setattr(staying, "forget_choice", staying.choose)

    browser = Client()
    logs_in(ann, browser)

    assert is_in(ann, reopened(browser))
