"""The overview and the orders: what runs, what is due, what comes next."""

from __future__ import annotations

from hostkeep.audit.models import Entry
from hostkeep.billing.queries.unpaid import unpaid_of
from hostkeep.flows.activation import on_invoice_paid
from hostkeep.billing.events import InvoicePaid
from hostkeep.people.actions.staying import begin_stay
from hostkeep.provisioning.queries import services_of
from hostkeep.shop.queries.orders import orders_of
from hostkeep.vault.nyms import nym_of
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import text


def orders(member: Member) -> None:
    member.puts()
    member.sends(member.get("/checkout/"), "/checkout/", gateway="testpay")


def test_a_fresh_account_is_told_what_to_do_first(ann) -> None:
    page = text(ann.get("/account/"))
    assert "No services yet" in page
    assert "no open invoice" in page
    assert "No orders yet" in text(ann.get("/account/orders/"))


def test_an_order_shows_its_invoice_and_its_service(ann, gateway) -> None:
    orders(ann)
    (order,), (invoice,) = orders_of(ann.account.id), unpaid_of(ann.account.id)
    (service,) = services_of(ann.account.id)

    page = text(ann.get("/account/"))
    assert f"Invoice {invoice.number} waits for payment." in page
    assert f"/account/invoices/{invoice.id}/" in page
    assert f"/account/services/{service.id}/" in page
    assert '<span class="count">1</span>' in page

    assert order.number in text(ann.get("/account/orders/"))
    page = text(ann.get(f"/account/orders/{order.id}/"))
    assert invoice.number in page
    assert f"/account/services/{service.id}/" in page
    assert f"/account/invoices/{invoice.id}/" in page


def test_a_service_that_is_built_is_said_to_be(ann, gateway) -> None:
    orders(ann)
    (invoice,) = unpaid_of(ann.account.id)
    on_invoice_paid(make_act(brand="vps6"), InvoicePaid(invoice.id, ann.account.id))
    assert "is being built." in text(ann.get("/account/"))


def test_the_overview_opens_no_fact(ann) -> None:
    ann.get("/account/")
    ann.get("/account/privacy/")
    ann.get("/account/orders/")
    assert not Entry.objects.using("audit").filter(verb="vault.value.revealed", thing=nym_of(ann.account.subject)).exists()


def test_pages_ask_the_database_within_their_budget(ann, gateway, django_assert_max_num_queries) -> None:
    orders(ann)
    for page, most in (("", 26), ("orders/", 18), ("security/", 12), ("privacy/", 24), ("profile/", 20)):
        ann.get(f"/account/{page}")
        with django_assert_max_num_queries(most):
            ann.get(f"/account/{page}")


def test_a_browser_that_stays_signed_in_can_be_ended(ann) -> None:
    from datetime import timedelta

    from hostkeep.runtime import clock

    act = make_act("customer", "authentication", brand="vps6", at=clock.now())
    stay = begin_stay(act, user=ann.user, life=timedelta(days=30))
    page = ann.get("/account/security/")
    path = f"/account/security/stays/{stay.id}/end/"
    assert path in text(page)
    assert ann.sends(page, path).status_code == 302
    assert path not in text(ann.get("/account/security/"))
    assert ann.sends(page, path).status_code == 404


def test_where_the_policy_has_no_cookie_for_it_the_page_says_so(member) -> None:
    assert "Our policy has no cookie for this" in text(member("vpn").get("/account/security/"))
    assert "None. At login you can tick a box" in text(member("vps6").get("/account/security/"))
