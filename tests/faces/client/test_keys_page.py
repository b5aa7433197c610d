"""Keys for programs: made after the password once more, shown once, ended at any time."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse

from hostkeep.people.models import ApiKey
from hostkeep.people.queries import key_of_text, keys_of
from hostkeep.runtime import clock
from tests.faces.client.conftest import PASSWORD, Member
from tests.faces.shop.conftest import Browser, hidden, text

HERE = "/account/security/keys/"
MAKE = f"{HERE}make/"
AGAIN = "/auth/reauthenticate/"


def makes(who: Member, **values: object) -> HttpResponse:
    return who.sends(who.get(HERE), MAKE, **{"scope": ["account:read"], "life": "90", **values})


def proves(who: Member, answer: HttpResponse, password: str = PASSWORD) -> HttpResponse:
    """Give the password on the page that making a key leads to."""
    assert answer.status_code == 302 and answer.headers["Location"].startswith(AGAIN)
    page = who.client.get(answer.headers["Location"], headers={"host": who.host, "sec-fetch-site": "same-origin"})
    return who.post(AGAIN, **{**hidden(page, AGAIN), "password": password})


def key_on(page: HttpResponse) -> str:
    found = re.search(r"hk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", text(page))
    return found[0] if found else ""


def test_a_key_is_made_after_the_password_and_shown_on_that_page_alone(ann: Member) -> None:
    shown = proves(ann, makes(ann, scope=["account:read", "orders:read"]))

    key = key_on(shown)
    row = key_of_text(ann.account.brand, key, clock.now())
    assert shown.status_code == 200 and shown.headers["Cache-Control"] == "no-store"
    assert row is not None and row.scopes == {"account:read", "orders:read"}
    assert row.account == ann.account.id
    assert key not in text(ann.get(HERE)) and row.prefix in text(ann.get(HERE))


def test_a_reload_leads_to_the_list_and_makes_no_second_key(ann: Member) -> None:
    proves(ann, makes(ann))
    answer = ann.get(MAKE)
    assert (answer.status_code, answer.headers["Location"]) == (302, HERE)
    assert len(keys_of(ann.user)) == 1


def test_without_the_password_there_is_no_key(ann: Member) -> None:
    answer = makes(ann)
    assert ApiKey.objects.count() == 0
    proves(ann, answer, "wrong wrong wrong")
    assert ApiKey.objects.count() == 0


def test_soon_after_the_password_the_next_key_needs_it_not_again(ann: Member) -> None:
    proves(ann, makes(ann))
    assert key_on(makes(ann))
    assert len(keys_of(ann.user)) == 2


@pytest.mark.parametrize("values", [{"scope": []}, {"life": "7"}, {"life": ""}])
def test_an_incomplete_wish_is_said_on_the_page(ann: Member, values: dict) -> None:
    proves(ann, makes(ann))
    answer = makes(ann, **values)
    assert answer.status_code == 422 and not key_on(answer)
    assert len(keys_of(ann.user)) == 1


def test_a_customer_gets_no_staff_scope(ann: Member) -> None:
    proves(ann, makes(ann))
    assert makes(ann, scope=["account:read", "policy:announce"]).status_code == 422
    assert len(keys_of(ann.user)) == 1


def test_a_key_is_ended_and_then_all_are(ann: Member) -> None:
    first = key_on(proves(ann, makes(ann)))
    second, third = key_on(makes(ann)), key_on(makes(ann))
    page = ann.get(HERE)
    one = f"{HERE}{keys_of(ann.user)[-1].id}/end/"

    ann.sends(page, one)

    assert key_of_text(ann.account.brand, first, clock.now()) is None
    assert key_of_text(ann.account.brand, second, clock.now()) is not None
    ann.sends(ann.get(HERE), f"{HERE}end/")
    assert key_of_text(ann.account.brand, third, clock.now()) is None


def test_anothers_key_does_not_exist(member) -> None:
    ann, eve = member("vps6"), member("vps6", "eve")
    key = key_on(proves(ann, makes(ann)))
    proves(eve, makes(eve))
    token = hidden(eve.get(HERE), MAKE)

    answer = eve.post(f"{HERE}{keys_of(ann.user)[0].id}/end/", **token)

    assert answer.status_code == 404
    assert key_of_text(ann.account.brand, key, clock.now()) is not None


def test_a_new_password_ends_every_key(ann: Member) -> None:
    key = key_on(proves(ann, makes(ann)))
    page = ann.get("/auth/password/change/")
    fresh = "a quite different horse"
    ann.sends(
        page, "/auth/password/change/", oldpassword=PASSWORD, password1=fresh, password2=fresh,
    )
    assert key_of_text(ann.account.brand, key, clock.now()) is None


def test_visitors_are_sent_to_the_login(db) -> None:
    answer = Browser("vps6").get(HERE)
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/auth/login/")


def test_a_forged_form_makes_no_key(ann: Member) -> None:
    proves(ann, makes(ann))
    values = {**hidden(ann.get(HERE), MAKE), "scope": ["account:read"], "life": "90"}
    answer = ann.client.post(MAKE, values, headers={"host": ann.host, "sec-fetch-site": "cross-site"})
    assert answer.status_code == 403 and len(keys_of(ann.user)) == 1


def test_the_page_says_what_each_key_may(ann: Member) -> None:
    proves(ann, makes(ann, scope=["orders:write"]))
    page = text(ann.get(HERE))
    assert "Fill the cart and order" in page and "Never" in page
