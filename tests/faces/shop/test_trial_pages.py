"""A trial on the pages: said on the product page, in the cart and at checkout, ordered for nothing, told by the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import clock
from hostkeep.shop.actions.loading import load_catalogue
from hostkeep.shop.models import Order
from hostkeep.subscriptions.models import Subscription
from tests.conftest import make_act
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import Browser, text

pytestmark = pytest.mark.django_db(databases="__all__")
SHIPPED = (Path(__file__).parents[3] / "brands" / "vps6" / "catalogue.yaml").read_text()
MONTHLY = "{slug: monthly, months: 1,"
WORDS = "14 days free, then €11.90 a month"


@pytest.fixture(autouse=True)
def tried(db: None) -> None:
    act = make_act("owner", "site_administration", brand="vps6", at=clock.now())
    load_catalogue(act, brand=BrandId("vps6"), text=SHIPPED.replace(MONTHLY, f"{MONTHLY} trial: {{days: 14}},"))


def bill(page) -> str:
    return text(page).split('data-sum="first">')[1].split("<")[0]


def test_the_product_page_says_what_is_free_and_what_comes_then() -> None:
    page = Browser("vps6").get("/products/hexa-m/", plan="monthly")
    assert "14 days free" in text(page)
    assert "data-trial-note>" in page.content.decode()
    assert bill(page) == "€0.00"
    for said, first in ({"plan": "monthly", "quantity": "2"}, "€23.80"), ({"plan": "yearly"}, "€128.50"):
        other = Browser("vps6").get("/products/hexa-m/", **said)
        assert bill(other) == first
        assert "data-trial-note hidden>" in other.content.decode()


def test_cart_and_checkout_say_so_and_the_order_owes_nothing(gateway) -> None:
    ann = Member("vps6")
    ann.puts("hexa-m", plan="monthly")
    cart = text(ann.get("/cart/"))
    assert WORDS in cart
    page = ann.get("/checkout/")
    assert WORDS in text(page)
    assert "Order and pay" not in text(page) and 'name="gateway"' not in text(page), "nothing is to be paid"
    assert "renews at" not in text(page)
    answer = ann.sends(page, "/checkout/")
    assert answer.status_code == 302 and answer.headers["location"].startswith("/account/invoices/")
    assert gateway.asked == []
    assert Order.objects.get(account_id=ann.account.id).total_minor == 0
    assert Subscription.objects.get(account=ann.account.id).trial_to is not None
    ann.puts("hexa-m", plan="monthly")
    assert "days free" not in text(ann.get("/cart/"))


def test_the_api_says_so() -> None:
    plans = Browser("vps6").get("/api/v1/catalogue/products/hexa-m").json()["plans"]
    assert {plan["slug"]: plan["trial_days"] for plan in plans}["monthly"] == 14
    assert {plan["slug"]: plan["trial_days"] for plan in plans}["yearly"] == 0
