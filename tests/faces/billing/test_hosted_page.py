"""The hosted page: what a payer sees, and what a stranger may not."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from tests.faces.billing.conftest import Customer, Payments
from tests.faces.shop.conftest import HERE, text

HOST = {"host": "localhost:8000", **HERE}


@pytest.fixture
def visit(ann: Customer) -> str:
    return "/demo/pay/" + ann.pays(ann.owes())["Location"].rpartition("/demo/pay/")[2]


def test_it_shows_an_amount_a_number_and_the_ways_on(visit: str, ann: Customer) -> None:
    page = text(Client().get(visit, headers=HOST))
    assert "Pay €24.08" in page
    assert "V6-" in page
    for deed in ("pay", "decline", "pay_silently"):
        assert f'value="{deed}"' in page
    assert "Åberg" not in page
    assert "No real money moves." in page


def test_it_sets_no_cookie(visit: str) -> None:
    client = Client()
    client.get(visit, headers=HOST)
    client.post(visit, {"do": "decline"}, headers=HOST)
    assert not client.cookies


@pytest.mark.parametrize("deed", ["", "tell", "everything", "pay pay"])
def test_a_deed_it_does_not_know_does_nothing(visit: str, payments: Payments, deed: str) -> None:
    assert Client().post(visit, {"do": deed}, headers=HOST).status_code == 422
    assert payments.book.newest()[0].state == "open"
    assert Client().get(visit + "done/", headers=HOST).status_code == 404


def test_what_is_decided_stays(visit: str, payments: Payments) -> None:
    Client().post(visit, {"do": "decline"}, headers=HOST)
    Client().post(visit, {"do": "pay"}, headers=HOST)
    assert payments.book.newest()[0].state == "declined"
    page = text(Client().get(visit, headers=HOST))
    assert "Nothing moved." in page
    assert "The shop took our message." in page
    assert "Back to the shop" in page


def test_its_list(visit: str) -> None:
    page = text(Client().get("/demo/pay/", headers=HOST))
    assert visit in page
    assert "€24.08" in page


def test_nothing_there(payments: Payments) -> None:
    assert "No payments here yet" in text(Client().get("/demo/pay/", headers=HOST))
    for path in ("/demo/pay/none/", "/demo/pay/none/done/"):
        assert Client().get(path, headers=HOST).status_code == 404


def test_a_post_from_elsewhere_is_refused(visit: str, payments: Payments) -> None:
    answer = Client().post(visit, {"do": "pay"}, headers={"host": "localhost:8000", "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert payments.book.newest()[0].state == "open"


def test_its_api_answers_only_who_signs(payments: Payments) -> None:
    client = Client()
    made = client.post("/demo/pay/api/charges/", b"{}", "application/json", headers={"host": "localhost:8000"})
    told = client.get("/demo/pay/api/charges/a/", headers={"host": "localhost:8000"})
    assert (made.status_code, told.status_code) == (403, 403)
    assert payments.book.newest() == ()


def test_not_on_a_brands_host(payments: Payments, visit: str) -> None:
    for path in ("/demo/pay/", visit, "/demo/pay/api/charges/a/"):
        assert Client().get(path, headers={"host": "vps6.localhost"}).status_code == 404


def test_not_outside_the_demo(visit: str, settings) -> None:
    import dataclasses

    with override_settings(HOSTKEEP=dataclasses.replace(settings.HOSTKEEP, demo=False)):
        for path in ("/demo/pay/", visit, visit + "done/", "/demo/pay/api/charges/a/"):
            assert Client().get(path, headers=HOST).status_code == 404
