"""Add-ons on the shop's pages: chosen without a script, priced, in cart and check-out, and taken out again."""

from __future__ import annotations

import pytest

from hostkeep.shop.models import Order
from tests.faces.client.conftest import Member
from tests.faces.shop.conftest import Browser, lines, text

pytestmark = pytest.mark.django_db(databases="__all__")


def bill(page) -> str:
    return text(page).split('data-sum="first">')[1].split("<")[0]


def test_the_product_page_offers_them_with_their_prices_and_works_them_out_without_scripts() -> None:
    page = Browser("vps6").get("/products/hexa-m/")
    shown = text(page)
    for said in ("Add-ons", "Nightly backup", "+ €2.40 a month", "+ €25.90 a year", "+ €25.00 once", "The price is for each."):
        assert said in shown
    priced = Browser("vps6").post(
        "/products/hexa-m/", plan="yearly", quantity="2", currency="EUR", go="price",
        **{"addon-backup": "1", "addon-address": "2", "addon-move": "1"},
    )  # fmt: skip
    assert bill(priced) == "€454.80"  # 2 x (128.50 + 25.90 + 12 x 2 x 2.00 + 25.00)
    assert 'name="addon-backup" value="1" checked' in text(priced)
    assert "Add-ons" not in text(Browser("vpn").get(f"/products/{Browser('vpn').product()}/"))


@pytest.mark.parametrize("go", ["add", "price"])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"addon-address": "5"}, "a service can have 4 at most"),
        ({"addon-address": "-1"}, "a service can have 4 at most"),
        ({"addon-address": "1000000000"}, "a service can have 4 at most"),
        ({"addon-address": "two"}, "a service can have 4 at most"),
        ({"addon-backup": "2"}, "a service can have 1 at most"),
        ({"addon-support": "1"}, "no such add-on"),
        ({"addon-": "1"}, "no such add-on"),
    ],
)
def test_bad_input_is_answered_on_the_page_and_leaves_nothing(values, said: str, go: str) -> None:
    visitor = Browser("vps6")
    page = visitor.puts("hexa-m", go=go, **values)
    assert page.status_code == 422
    assert said in text(page)
    assert "Your cart is empty" in text(visitor.get("/cart/"))


def test_the_cart_shows_them_as_lines_and_lets_one_go() -> None:
    visitor = Browser("vps6")
    visitor.puts("hexa-m", quantity="2", **{"addon-address": "2", "addon-move": "1"})
    cart = visitor.get("/cart/")
    shown = text(cart)
    assert "One more IPv4 address" in shown and "We move your site for you" in shown
    assert "€81.80" in shown  # 2 x (11.90 + 2 x 2.00 + 25.00)
    (line,) = lines(cart)
    assert visitor.post(line, go="remove_add_on", add_on="nothing").status_code == 404
    assert visitor.post(line, go="remove_add_on", add_on="move").status_code == 302
    after = text(visitor.get("/cart/"))
    assert "We move your site for you" not in after
    assert "€31.80" in after
    assert "The price changed" not in after


def test_the_same_with_other_add_ons_is_another_line() -> None:
    visitor = Browser("vps6")
    visitor.puts("hexa-m", **{"addon-address": "1"})
    visitor.puts("hexa-m", **{"addon-address": "1"})
    visitor.puts("hexa-m", **{"addon-address": "2"})
    assert len(lines(visitor.get("/cart/"))) == 2


def test_an_order_pays_what_was_shown_and_shows_them(gateway) -> None:
    ann = Member("vps6")
    ann.puts("hexa-m", **{"addon-backup": "1", "addon-address": "2"})
    page = ann.get("/checkout/")
    assert "One more IPv4 address × 2" in text(page)
    assert "Hexa M renews at €18.30 a month" in text(page)
    assert "Order and pay €22.14" in text(page)
    assert ann.sends(page, "/checkout/", gateway="testpay").status_code == 302
    order = Order.objects.get(account_id=ann.account.id)
    assert order.total_minor == 1190 + 240 + 400
    shown = text(ann.get(f"/account/orders/{order.id}/"))
    assert "Nightly backup" in shown and "One more IPv4 address" in shown
