"""Checking out: the account first, then what the policy asks, then one button; each denial leaves nothing."""

from __future__ import annotations

import pytest

from hostkeep.kernel.ids import AccountId
from hostkeep.runtime import clock
from hostkeep.shop.actions.carting import remove_line
from hostkeep.shop.boxing import use_lines
from hostkeep.shop.models import Cart, Order, Price, Product
from hostkeep.shop.queries.carts import cart_of_account
from hostkeep.shop.queries.orders import orders_of
from tests.conftest import make_act
from tests.faces.shop.conftest import PAY_PAGE, lines, text
from tests.told import told

CHECKOUT = "/checkout/"


def plan_in(cart: Cart):
    """The plan of the one line in a cart."""
    return use_lines(make_act("system", "cart", at=clock.now()), cart, list(cart.lines.all()), lambda found: found[0][1].plan)


def buys(visitor, slug: str | None = None, **values: object) -> AccountId:
    """Sign in, and put something into the cart."""
    account = visitor.signs_in()
    assert visitor.puts(slug, **values).status_code == 302
    return account


def sends(visitor, page=None, **values: object):
    """Send the checkout page as it came, paying by testpay."""
    page = page or visitor.get(CHECKOUT)
    return visitor.sends(page, CHECKOUT, **{"gateway": "testpay", **values})


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
def test_a_visitor_is_asked_who_orders_and_the_cart_waits(browser, gateway, brand: str) -> None:
    visitor = browser(brand)
    visitor.puts()
    page = visitor.get(CHECKOUT, lang="en")
    assert page.status_code == 200
    assert "/auth/signup/?next=/checkout/" in text(page)
    assert "/auth/login/?next=/checkout/" in text(page)
    assert visitor.post(CHECKOUT, gateway="testpay").status_code == 302
    assert not Order.objects.exists()


@pytest.mark.parametrize("brand", ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"])
def test_an_order_goes_to_the_payment_page(browser, gateway, brand: str) -> None:
    ann = browser(brand)
    account = buys(ann)
    page = ann.get(CHECKOUT, lang="en")
    assert "Order and pay" in text(page)
    answer = sends(ann, page)
    assert (answer.status_code, answer["Location"]) == (302, PAY_PAGE)
    (order,) = orders_of(account)
    assert told(order).told[0].product == ann.product()
    (asked,) = gateway.asked
    assert asked.amount.currency.code == ann.currency
    assert "Your cart is empty" in text(ann.get("/cart/", lang="en"))


def test_the_guests_cart_follows_into_the_account(browser, gateway) -> None:
    ann = browser("vps6")
    ann.puts(quantity="2")
    account = ann.signs_in()
    assert "Order and pay" in text(ann.get(CHECKOUT))
    held = cart_of_account(make_act("system", "cart", at=clock.now()), account)
    assert held is not None
    assert held.pieces == 2


def test_at_the_vpn_the_cart_survives_the_login(browser, gateway) -> None:
    ann = browser("vpn")
    ann.puts()
    ann.signs_in()
    assert "Order and pay" in text(ann.get(CHECKOUT))


def test_tax_is_shown_and_owed(browser, gateway) -> None:
    ann = browser("vps6")
    buys(ann, quantity="1")
    held = Cart.objects.get()
    listed = Price.objects.get(plan=plan_in(held), currency="EUR", until=None).minor
    gross = listed + round(listed * 0.21)
    page = ann.get(CHECKOUT)
    assert "VAT" in text(page)
    assert "21 %" in text(page)
    assert f'name="expected" value="{gross}"' in text(page)
    sends(ann, page)
    assert gateway.asked[0].amount.minor == gross


def test_sent_twice_is_one_order_and_one_answer(browser, gateway) -> None:
    ann = browser("vps6")
    account = buys(ann)
    page = ann.get(CHECKOUT)
    first, second = sends(ann, page), sends(ann, page)
    assert first["Location"] == second["Location"] == PAY_PAGE
    assert len(orders_of(account)) == 1


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"expected": "1"}, 409),
        ({"expected": "0"}, 409),
        ({"expected": "-1"}, 422),
        ({"expected": "1e3"}, 422),
        ({"expected": ""}, 422),
        ({"expected": "9" * 40}, 422),
        ({"currency": "USD"}, 409),
        ({"currency": "XXX"}, 422),
        ({"currency": ""}, 422),
        ({"once": ""}, 422),
        ({"once": "x" * 65}, 422),
        ({"gateway": "cash"}, 0),
        ({"gateway": ""}, 0),
    ],
)
def test_what_was_changed_in_the_form_is_refused(browser, gateway, changed, status: int) -> None:
    ann = browser("vps6")
    account = buys(ann)
    answer = sends(ann, **changed)
    assert answer.status_code >= 400
    assert status in {0, answer.status_code}
    assert "<html" in text(answer)
    assert orders_of(account) == ()
    assert gateway.asked == []
    assert len(lines(ann.get("/cart/"))) == 1


@pytest.mark.parametrize("key", ["gov_id", "name", "price", "plan", "discount", "promo"])
def test_an_undeclared_field_is_refused_with_the_clause(browser, gateway, key: str) -> None:
    ann = browser("vpn")
    account = buys(ann)
    answer = sends(ann, **{key: "X1234567"})
    assert answer.status_code == 422
    assert "VPN-3" in text(answer)
    assert "X1234567" not in text(answer)
    assert orders_of(account) == ()


def test_the_vpn_takes_no_bank_transfer(browser, gateway) -> None:
    ann = browser("vpn")
    account = buys(ann)
    assert "bank_transfer" not in text(ann.get(CHECKOUT))
    answer = sends(ann, gateway="bank_transfer")
    assert answer.status_code >= 400
    assert "VPN-" in text(answer)
    assert orders_of(account) == ()


def test_a_domain_asks_for_its_owner_and_a_server_does_not(browser, gateway) -> None:
    binh = browser("vietnam-server")
    buys(binh, "sen-1")
    assert 'name="registrant"' not in text(binh.get(CHECKOUT))
    binh.puts("ten-mien-vn", **{"answer-domain": "vi-du.vn"})
    page = binh.get(CHECKOUT, lang="en")
    assert 'name="registrant"' in text(page)
    assert 'name="gov_id"' in text(page)
    assert "VS-3" in text(page)
    missing = sends(binh, page)
    assert missing.status_code == 422
    assert not Order.objects.exists()
    answer = sends(binh, page, registrant="Nguyen Van Binh, Ha Noi", gov_id="012345678901")
    assert answer.status_code == 302, text(answer)
    order = Order.objects.get()
    assert "012345678901" not in str(list(order.lines.values()))


def test_a_cart_emptied_in_another_tab_orders_nothing(browser, gateway) -> None:
    ann = browser("vps6")
    account = buys(ann)
    page = ann.get(CHECKOUT)
    held = Cart.objects.get()
    remove_line(make_act("customer", "cart"), cart=held.id, line=held.lines.get().id)
    answer = sends(ann, page)
    assert answer.status_code == 409
    assert "Your cart is empty" in text(answer)
    assert orders_of(account) == ()
    assert "Your cart is empty" in text(ann.get(CHECKOUT))


def test_a_cart_that_is_gone_orders_nothing(browser, gateway) -> None:
    ann = browser("vps6")
    account = buys(ann)
    page = ann.get(CHECKOUT)
    Cart.objects.all().delete()
    assert sends(ann, page).status_code == 409
    assert orders_of(account) == ()


def test_a_price_that_rose_meanwhile_is_shown_not_charged(browser, gateway) -> None:
    ann = browser("vps6")
    account = buys(ann)
    page = ann.get(CHECKOUT)
    plan = plan_in(Cart.objects.get())
    Price.objects.filter(plan=plan, currency="EUR", until=None).update(minor=99_900)
    answer = sends(ann, page)
    assert answer.status_code == 409
    assert "not the one you saw" in text(answer)
    assert "€999.00" in text(answer)
    assert orders_of(account) == ()
    assert sends(ann).status_code == 302


def test_what_sold_out_meanwhile_is_told(browser, gateway) -> None:
    ann = browser("vps6")
    account = buys(ann)
    page = ann.get(CHECKOUT)
    Product.objects.filter(brand="vps6", slug=ann.product()).update(stock=0)
    answer = sends(ann, page)
    assert answer.status_code == 409
    assert "0 left" in text(answer)
    assert orders_of(account) == ()


def test_a_form_with_a_mistake_comes_back_filled_in(browser, gateway) -> None:
    binh = browser("vietnam-server")
    buys(binh, "ten-mien-vn", **{"answer-domain": "vi-du.vn"})
    page = binh.get(CHECKOUT, lang="en")
    answer = sends(binh, page, registrant="Nguyen Van Binh", gov_id="")
    assert answer.status_code == 422
    assert "Nguyen Van Binh" in text(answer)
    assert 'role="alert"' in text(answer)
    assert not Order.objects.exists()


def test_a_receipt_stays_with_the_browser_where_the_policy_says_so(browser, gateway) -> None:
    ann = browser("vps6")
    buys(ann)
    answer = sends(ann)
    assert list(answer.cookies) == ["__Host-receipts"]
    ann.client.cookies.pop("__Host-sid")
    shown = text(ann.get("/receipts/"))
    number = str(Order.objects.get().id)[:8].upper()
    assert number in shown
    assert "ann@example.test" not in shown
    assert number not in text(browser("vps6").get("/receipts/"))


def test_no_receipt_stays_where_the_policy_has_none(browser, gateway) -> None:
    ann = browser("vpn")
    buys(ann)
    assert "__Host-receipts" not in sends(ann).cookies
    assert "has no cookie for receipts" in text(ann.get("/receipts/"))


def test_a_form_without_its_token_is_refused(browser, gateway) -> None:
    ann = browser("vps6")
    account = buys(ann)
    page = ann.get(CHECKOUT)
    answer = sends(ann, page, form_token="wrong", token="wrong")
    assert answer.status_code in {403, 422}
    assert orders_of(account) == ()


