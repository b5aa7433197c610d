"""A yes taken back takes its cookie from the browser too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from hostkeep.brands import queries
from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId
from hostkeep.people.queries import stays_of
from hostkeep.project.wsgi import application
from hostkeep.promises.stranger import WsgiStranger
from hostkeep.runtime import clock
from tests.clauses.logins import logs_in
from tests.faces.client.conftest import Member, ann, member
from tests.faces.shop.conftest import text

__all__ = ["ann", "member"]

KEEP = "__Host-keep"


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    yield
    queries.forget()


def stays(member: Member) -> None:
    """Log in with the box ticked, in the member's own browser."""
    member.client = Client()
    assert logs_in(member, member.client, stay="on").status_code == 302
    assert member.client.cookies[KEEP].value


def through_the_guard(header: str, brand: str) -> str:
    """A Set-Cookie header as it leaves the whole application."""
    from hostkeep.promises.tempter import WISH

    answer = WsgiStranger(application).request("GET", f"{brand}.localhost", "/", cookies={KEEP: "a.b"}, environ={WISH: header})
    return next(told for told in answer.cookies if told.startswith(KEEP))


def gone(member: Member) -> str:
    """The deletion of the cookie that came with the last answer, as it leaves."""
    morsel = member.client.cookies[KEEP]
    assert morsel.value == ""
    return through_the_guard(morsel.OutputString(), member.brand)


@pytest.mark.parametrize("brand", ["vps6", "photonvps"])
def test_ending_the_stay_of_this_browser_deletes_its_cookie(member: type[Member], db: None, brand: str) -> None:
    someone = member(brand)
    stays(someone)
    (stay,) = stays_of(someone.user, clock.now())

    page = someone.get("/account/security/")
    someone.sends(page, f"/account/security/stays/{stay.id}/end/")

    told = gone(someone)
    assert "Max-Age=0" in told
    assert "Path=/" in told
    assert "Domain" not in told


def test_ending_the_stay_of_another_browser_leaves_this_ones(ann: Member) -> None:
    stays(ann)
    other = ann.client
    (first,) = stays_of(ann.user, clock.now())
    stays(ann)

    page = ann.get("/account/security/")
    ann.sends(page, f"/account/security/stays/{first.id}/end/")

    assert ann.client.cookies[KEEP].value
    assert other is not ann.client


def test_taking_the_consent_back_deletes_the_cookie(member: type[Member], db: None) -> None:
    someone = member("photonvps")
    stays(someone)
    cookie = policy_in_force(BrandId("photonvps"), clock.now()).cookies[KEEP]
    assert cookie.asked
    page = someone.get("/account/privacy/consents/")
    assert "/account/privacy/consents/withdraw/" in text(page)

    someone.sends(page, "/account/privacy/consents/withdraw/", purpose=cookie.purpose)

    assert "Max-Age=0" in gone(someone)
    assert stays_of(someone.user, clock.now()) == ()


def test_saying_no_at_login_sets_nothing(member: type[Member], db: None) -> None:
    someone = member("photonvps")
    someone.client = Client()

    assert logs_in(someone, someone.client).status_code == 302

    assert KEEP not in someone.client.cookies


def test_logging_out_deletes_it(member: type[Member], db: None) -> None:
    someone = member("vps6")
    stays(someone)

    someone.sends(someone.get("/auth/logout/"), "/auth/logout/")

    assert "Max-Age=0" in gone(someone)
