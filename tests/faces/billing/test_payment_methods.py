"""/account/payment-methods/: a card is left on the gateway's page, chosen and removed, by its owner alone; and by the API."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client

from hostkeep.billing.models import StoredMethod
from hostkeep.faces.demo import pay_methods
from hostkeep.flows import storing
from hostkeep.people.queries import account
from tests.cards import BRAND, load_card_brand
from tests.faces.billing.conftest import OPERATOR, Customer, Payments, a_customer
from tests.faces.shop.conftest import HERE, Browser, hidden, text
from tests.rooms.billing.making import Buyer, billing_act

PAGE = "/account/payment-methods/"
KEEP = f"{PAGE}keep/"


@pytest.fixture
def bob(payments: Payments, tmp_path: Path) -> Customer:
    load_card_brand(tmp_path)
    browser = Browser(BRAND)
    handle = browser.signs_in()
    return Customer(BRAND, browser, Buyer(BRAND, handle, account(handle).subject))


def leaves(bob: Customer, payments: Payments, deed: str = "leave") -> None:
    """Go to the payment company's page, decide there, and come back."""
    shown = bob.browser.get(PAGE)
    away = bob.browser.sends(shown, KEEP, gateway="testpay")
    assert away.status_code == 302, text(away)
    path = urlsplit(away["Location"]).path
    assert path.startswith("/demo/pay/methods/")
    other = Client()
    assert "Leave a card" in text(other.get(path, headers={"host": f"{OPERATOR}:8000"}))
    done = other.post(path, {"do": deed}, headers={"host": f"{OPERATOR}:8000", **HERE})
    assert done.status_code == 200
    left = pay_methods.method_by_token(payments.book, path.rstrip("/").rpartition("/")[2])
    assert left.back in text(done)
    assert bob.browser.get(urlsplit(left.back).path).status_code == 302


def test_a_card_is_left_shown_chosen_and_removed(bob: Customer, payments: Payments) -> None:
    assert "None. You pay each invoice yourself." in text(bob.browser.get(PAGE))
    leaves(bob, payments)
    leaves(bob, payments, "leave_careful")
    shown = text(bob.browser.get(PAGE))
    assert "Test card 4242" in shown
    assert "Test card 3184" in shown
    assert "12/2031" in shown
    first, second = StoredMethod.objects.order_by("created_at")
    assert (first.preferred, second.preferred) == (True, False)

    chosen = f"{PAGE}{second.id}/prefer/"
    assert bob.browser.sends(bob.browser.get(PAGE), chosen).status_code == 302
    dropped = f"{PAGE}{second.id}/remove/"
    assert bob.browser.sends(bob.browser.get(PAGE), dropped).status_code == 302

    shown = text(bob.browser.get(PAGE))
    assert "3184" not in shown
    assert "removed, here and at the payment company" in shown
    first.refresh_from_db()
    assert first.preferred
    assert pay_methods.method_by_key(payments.book, second.once).state == "gone"


def test_none_is_left(bob: Customer, payments: Payments) -> None:
    leaves(bob, payments, "decline")
    assert "No card was left." in text(bob.browser.get(PAGE))
    assert StoredMethod.objects.get().state == "ended"


def test_the_payment_company_does_not_answer(bob: Customer, payments: Payments) -> None:
    payments.wire.lost = True
    bob.browser.sends(bob.browser.get(PAGE), KEEP, gateway="testpay")
    assert "could not reach the payment company" in text(bob.browser.get(PAGE))


def test_another_customers_card_does_not_exist(bob: Customer, payments: Payments) -> None:
    leaves(bob, payments)
    [row] = StoredMethod.objects.all()
    eve = Browser(BRAND)
    eve.signs_in()
    token = hidden(eve.get("/account/security/"), "/account/security/end/")
    assert "4242" not in text(eve.get(PAGE))
    assert eve.get(f"{PAGE}{row.id}/return/").status_code == 404
    for deed in ("prefer", "remove"):
        assert eve.post(f"{PAGE}{row.id}/{deed}/", **token).status_code == 404
    row.refresh_from_db()
    assert (row.state, row.preferred) == ("ready", True)


def test_nobody_posts_from_elsewhere_and_nobody_comes_in_without_a_login(bob: Customer, payments: Payments) -> None:
    leaves(bob, payments)
    [row] = StoredMethod.objects.all()
    assert bob.browser.post(f"{PAGE}{row.id}/remove/").status_code == 403
    assert Browser(BRAND).get(PAGE).status_code == 302
    assert StoredMethod.objects.get().state == "ready"


@pytest.mark.parametrize("brand", ["vpn", "vps6", "photonvps", "vpsfast", "vietnam-server"])
def test_where_the_policy_keeps_no_cards_the_page_says_by_which_clause(payments: Payments, brand: str) -> None:
    from hostkeep.billing.rules.gateways import not_kept_by
    from hostkeep.brands.queries import policy_in_force
    from hostkeep.runtime import clock

    shown = text(a_customer(brand).browser.get(PAGE))
    assert "No card is kept here." in shown
    assert not_kept_by(policy_in_force(brand, clock.now())) in shown
    assert KEEP not in shown


def test_a_charge_that_wants_its_owner_is_finished_on_the_page_it_leads_to(bob: Customer, payments: Payments) -> None:
    from hostkeep.billing.queries import methods
    from hostkeep.billing.queries.invoices import sheet
    from hostkeep.drivers.payments import Waiting
    from hostkeep.flows.paying import charge_stored
    from hostkeep.kernel.money import EUR, Money
    from hostkeep.runtime import clock
    from tests.rooms.billing.making import line

    leaves(bob, payments, "leave_careful")
    issued = bob.owes(line(700, rate=0))
    told = charge_stored(
        billing_act(BRAND, clock.now()), invoice=issued.id, method=methods.preferred_method(bob.buyer.account), once="auto-1"
    )
    assert isinstance(told.outcome, Waiting)
    back = payments.decides(told.outcome.visit, "pay")
    assert back.status_code == 200
    assert sheet(issued.id, of=bob.buyer.account).is_paid
    assert payments.book.newest()[0].amount == Money(700, EUR)
    assert storing.sweep_due(billing_act("", clock.now())) == 0
