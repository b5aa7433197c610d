"""VF-10: what customers told stays theirs: to anybody else it answers as if it did not exist."""

from __future__ import annotations

import pytest

from hostkeep.billing.queries.invoices import invoices_of
from hostkeep.provisioning.queries import services_of
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import Browser, gateway

__all__ = ["gateway"]

NOT_THERE = 404


@pytest.fixture
def ann(db, gateway) -> Member:
    """Ann, who has an invoice and a service."""
    made = Member("vpsfast")
    made.puts()
    made.sends(made.get("/checkout/"), "/checkout/", gateway="testpay")
    return made


def addresses(member: Member) -> list[str]:
    """Where Ann's own things stand."""
    invoices = [f"/account/invoices/{row.id}/" for row in invoices_of(member.account.id).rows]
    services = [f"/account/services/{row.id}/" for row in services_of(member.account.id)]
    assert invoices and services
    return [*invoices, *[f"{path}pdf/" for path in invoices], *services]


def test_VF_10_the_owner_sees_her_own(ann) -> None:
    shown = [ann.get(path).status_code for path in addresses(ann)]
    assert shown[0] == shown[-1] == 200


def test_VF_10_another_customer_finds_nothing_there(ann) -> None:
    other = Member("vpsfast", who="binh")
    for path in addresses(ann):
        answer = other.get(path)
        assert answer.status_code == NOT_THERE, path
        assert "Ann Fields" not in answer.content.decode()


def test_VF_10_a_customer_of_another_brand_finds_nothing_there(ann) -> None:
    other = Member("vps6", who="ann")
    for path in addresses(ann):
        assert other.get(path).status_code == NOT_THERE, path


def test_VF_10_a_visitor_is_asked_to_log_in_wherever_he_guesses(ann) -> None:
    visitor = Browser("vpsfast")
    for path in (*addresses(ann), "/account/profile/", "/account/privacy/", "/account/invoices/"):
        answer = visitor.get(path)
        assert (answer.status_code, "/auth/login/" in answer.headers.get("Location", "")) == (302, True), path


@pytest.mark.parametrize("path", ["/", "/privacy/", "/privacy/promises/", "/contact/", "/help/", "/auth/login/"])
def test_VF_10_no_public_page_shows_a_customers_name(ann, path: str) -> None:
    assert "Ann Fields" not in Browser("vpsfast").get(path).content.decode()
    assert ann.email not in Browser("vpsfast").get(path).content.decode()


def test_VF_10_a_page_that_looks_up_an_invoice_whosever_it_is_would_be_noticed(ann, monkeypatch) -> None:
    from hostkeep.billing.queries.invoices import sheet
    from hostkeep.faces.client import invoices

    monkeypatch.setattr(invoices, "sheet", lambda invoice, *, of: sheet(invoice, of=ann.account.id))
    (row,) = invoices_of(ann.account.id).rows

    assert Member("vpsfast", who="binh").get(f"/account/invoices/{row.id}/").status_code != NOT_THERE
