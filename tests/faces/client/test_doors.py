"""Who gets in: visitors to the login, another brand's session nowhere, another account's things do not exist."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from hostkeep.people.actions.staying import begin_stay
from hostkeep.people.queries import stays_of
from hostkeep.runtime import clock
from hostkeep.shop.queries.orders import orders_of
from tests.conftest import make_act
from tests.faces.client.conftest import BRANDS, PASSWORD
from tests.faces.shop.conftest import HERE, hidden, text

PAGES = ["", "orders/", "profile/", "privacy/", "security/", "services/", "invoices/"]


@pytest.mark.parametrize("page", PAGES)
def test_a_visitor_is_sent_to_the_login_and_back(db, page: str) -> None:
    answer = Client().get(f"/account/{page}", headers={"host": "vps6.localhost"})
    assert (answer.status_code, answer["Location"]) == (302, f"/auth/login/?next=%2Faccount%2F{page.replace('/', '%2F')}")
    assert not answer.cookies


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("brand", BRANDS)
def test_every_page_opens_for_a_fresh_customer_and_is_not_stored(member, brand: str, page: str) -> None:
    answer = member(brand).get(f"/account/{page}")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert 'aria-current="page"' in text(answer)


def test_a_session_of_one_brand_is_nobody_at_another(ann) -> None:
    assert ann.get("/account/").status_code == 200
    for host, path in (("vpsfast.localhost", "/account/"), ("localhost", "/staff/")):
        thief = Client()
        thief.cookies["__Host-sid"] = ann.client.cookies["__Host-sid"].value
        answer = thief.get(path, headers={"host": host, **HERE})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/auth/login/")
    assert ann.get("/account/").status_code == 200


def test_one_address_at_two_brands_is_two_accounts(member) -> None:
    here, there = member("vps6"), member("vpsfast")
    assert here.account.id != there.account.id
    assert here.account.number in text(here.get("/account/"))
    assert there.account.number not in text(here.get("/account/"))


def test_a_customer_logs_in_with_the_password(member) -> None:
    ann = member("vps6")
    fresh = Client()
    page = fresh.get("/auth/login/?next=/account/", headers={"host": "vps6.localhost", **HERE})
    typed = {**hidden(page, "/auth/login/"), "login": ann.email, "password": PASSWORD, "next": "/account/"}
    answer = fresh.post("/auth/login/", typed, headers={"host": "vps6.localhost", **HERE})
    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    assert ann.account.number in text(fresh.get("/account/", headers={"host": "vps6.localhost", **HERE}))


def test_another_accounts_order_and_browser_do_not_exist(member, gateway) -> None:
    ann, bob = member("vps6"), member("vps6", "bob")
    ann.puts()
    ann.sends(ann.get("/checkout/"), "/checkout/", gateway="testpay")
    (order,) = orders_of(ann.account.id)
    assert ann.get(f"/account/orders/{order.id}/").status_code == 200
    assert bob.get(f"/account/orders/{order.id}/").status_code == 404
    assert order.number not in text(bob.get("/account/orders/"))
    assert ann.get(f"/account/orders/{uuid.uuid4()}/").status_code == 404

    act = make_act("customer", "authentication", brand="vps6", at=clock.now())
    from datetime import timedelta

    stay = begin_stay(act, user=ann.user, life=timedelta(days=30))
    page = bob.get("/account/profile/")
    token = hidden(page, "/account/profile/")
    assert bob.post(f"/account/security/stays/{stay.id}/end/", **token).status_code == 404
    assert [row.id for row in stays_of(ann.user, clock.now())] == [stay.id]


def test_a_post_without_the_sessions_token_changes_nothing(ann) -> None:
    answer = ann.post("/account/profile/", name="Eve")
    assert answer.status_code == 403
    assert ann.kept("name") == "Ann Fields"


def test_a_post_from_elsewhere_changes_nothing(ann) -> None:
    page = ann.get("/account/profile/")
    typed = {**hidden(page, "/account/profile/"), "name": "Eve"}
    headers = {"host": "vps6.localhost", "Sec-Fetch-Site": "cross-site"}
    assert ann.client.post("/account/profile/", typed, headers=headers).status_code == 403
    assert ann.kept("name") == "Ann Fields"
