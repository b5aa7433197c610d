"""Promo codes in the browser: typed, shown, refused in plain words, and never charged unseen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hostkeep.kernel.ids import BrandId
from hostkeep.runtime import clock
from hostkeep.shop.actions.promos import make_promo, switch_off_promo
from hostkeep.shop.models import Cart, Order, PromoCode, Redemption
from hostkeep.shop.queries.promos import promos
from hostkeep.shop.rules.promo_making import Making
from tests.conftest import make_act
from tests.faces.shop.conftest import hidden, text


def makes(brand: str = "vps6", code: str = "SPRING", **said: Any) -> None:
    at = clock.now() - timedelta(days=1)
    said = {"kind": "percent", "value": 100_000, **said}
    making = Making(code, {"": "Spring"}, starts_at=at, **said)
    make_promo(make_act("sales", "order", brand=brand, at=at, actor="staff:test"), making=making)


def types(browser: Any, code: str) -> Any:
    return browser.sends(browser.get("/cart/"), "/cart/promo/", promo=code, go="set")


def test_a_code_is_typed_shown_and_taken_out(browser) -> None:
    makes(periods=3)
    visitor = browser("vps6")
    visitor.puts("hexa-m")
    assert types(visitor, "spring").status_code == 302
    page = text(visitor.get("/cart/", lang="en"))
    assert "SPRING" in page
    assert "€10.71" in page
    assert "each of the first 3 terms" in page
    visitor.sends(visitor.get("/cart/"), "/cart/promo/", go="remove")
    assert Cart.objects.get().promo is None
    assert "€10.71" not in text(visitor.get("/cart/", lang="en"))


@pytest.mark.parametrize("code", ["never", "THEIRS", "ended", "' OR 1=1", "", "x" * 9000])
def test_what_does_not_hold_is_answered_in_one_way_whatever_it_is(browser, code: str) -> None:
    makes("vpn", "THEIRS")
    makes(code="ENDED", ends_at=clock.now() - timedelta(hours=1))
    visitor = browser("vps6")
    visitor.puts()
    answer = types(visitor, code)
    assert answer.status_code == 422
    assert "This code does not hold here, or not now." in text(answer)


def test_a_code_that_does_not_fit_says_why(browser) -> None:
    makes(products=("hexa-s",))
    visitor = browser("vps6")
    visitor.puts("hexa-m")
    answer = types(visitor, "spring")
    assert answer.status_code == 422
    assert "The code SPRING is for other products or terms" in text(answer)


def test_guessing_is_paced(browser) -> None:
    makes()
    visitor = browser("vps6")
    visitor.puts()
    answers = [types(visitor, f"guess{n}").status_code for n in range(21)]
    assert answers[:20] == [422] * 20
    assert answers[20] == 429
    # What is right is not told either while it is too often.
    assert types(visitor, "spring").status_code == 429
    assert Cart.objects.get().promo is None


def test_an_undeclared_key_is_refused(browser) -> None:
    makes()
    visitor = browser("vps6")
    visitor.puts()
    answer = visitor.sends(visitor.get("/cart/"), "/cart/promo/", promo="spring", go="set", birthday="1")
    assert answer.status_code == 422
    assert Cart.objects.get().promo is None


def test_without_a_cart_nothing_is_put_in(browser) -> None:
    assert browser("vps6").post("/cart/promo/", promo="spring", go="set").status_code == 404


def test_the_checkout_shows_the_discount_and_orders_at_what_it_shows(browser, gateway) -> None:
    makes()
    ann = browser("vps6")
    ann.signs_in()
    ann.puts("hexa-m")
    types(ann, "spring")
    page = ann.get("/checkout/", lang="en")
    assert "€12.96" in text(page)
    assert hidden(page, "/checkout/")["expected"] == "1296"
    ann.sends(page, "/checkout/", gateway="testpay")
    order = Order.objects.get()
    assert (order.total_minor, order.discount_minor) == (1071, 119)
    assert Redemption.objects.get().state == "reserved"
    shown = text(ann.get(f"/account/orders/{order.id}/", lang="en"))
    assert "€1.19" in shown


@pytest.mark.parametrize(("said", "words"), [
    ({"periods": 1}, "Hexa M renews at €11.90 a month."),
    ({"periods": 3}, "Hexa M renews at €10.71 a month with the code, after 3 terms at €11.90."),
    ({"periods": None}, "Hexa M renews at €10.71 a month with the code."),
    ({"periods": None, "value": 1_000_000}, "Hexa M renews at €0.00 a month with the code."),
    ({"periods": None, "products": ("hexa-s",)}, "Hexa M renews at €11.90 a month."),
])  # fmt: skip
def test_what_it_renews_at_agrees_with_what_the_code_says(browser, gateway, said: dict[str, Any], words: str) -> None:
    makes(**said)
    ann = browser("vps6")
    ann.signs_in()
    ann.puts("hexa-m")
    ann.puts("hexa-s")
    types(ann, "spring")
    page = text(ann.get("/checkout/", lang="en"))
    assert words in page
    assert page.count("Hexa M renews at") == 1
    assert (words in text(ann.get("/cart/", lang="en"))) == ("with the code" in words)
    assert "Set-up and add-ons are not reduced." in page


def test_a_code_that_ended_meanwhile_is_told_with_the_new_price_and_charges_nothing(browser, gateway) -> None:
    makes()
    ann = browser("vps6")
    ann.signs_in()
    ann.puts("hexa-m")
    types(ann, "spring")
    page = ann.get("/checkout/")
    switch_off_promo(
        make_act("sales", "order", brand="vps6", at=clock.now(), actor="staff:test"),
        promo=promos(BrandId("vps6"))[0].promo.id,
    )
    answer = ann.sends(page, "/checkout/", gateway="testpay")
    assert answer.status_code == 409
    assert "The code SPRING no longer holds." in text(answer)
    assert "€11.90" in text(answer)
    assert not Order.objects.exists()
    again = ann.get("/checkout/", lang="en")
    assert "Not taken off" in text(again)
    ann.sends(again, "/checkout/", gateway="testpay")
    assert Order.objects.get().discount_minor == 0
    assert PromoCode.objects.get().uses == 0
