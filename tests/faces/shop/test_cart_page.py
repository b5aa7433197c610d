"""The cart in the browser: one random word, set by the first post and never by looking."""

from __future__ import annotations

from uuid import uuid4

import pytest

from hostkeep.people.models import Session
from hostkeep.runtime import clock
from hostkeep.shop.models import Cart, CartLine
from hostkeep.shop.queries.carts import cart_of_account
from tests.conftest import make_act
from tests.faces.shop.conftest import lines, text

WITH_COOKIE = ["vpsfast", "vps6", "photonvps", "vietnam-server"]


@pytest.mark.parametrize("brand", [*WITH_COOKIE, "vpn"])
def test_looking_sets_nothing(browser, brand: str) -> None:
    visitor = browser(brand)
    for path in ("/", "/cart/", "/checkout/", f"/products/{visitor.product()}/", "/receipts/"):
        page = visitor.get(path, lang="en")
        assert page.status_code == 200
        assert {name for name in page.cookies if name != "__Host-lang"} == set()
    assert not Cart.objects.exists()
    assert not Session.objects.exists()


@pytest.mark.parametrize("brand", WITH_COOKIE)
def test_the_first_post_sets_the_declared_cookie(browser, brand: str) -> None:
    visitor = browser(brand)
    answer = visitor.puts()
    assert (answer.status_code, answer["Location"]) == (302, "/cart/")
    assert list(answer.cookies) == ["__Host-cart"]
    cookie = answer.cookies["__Host-cart"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, True, "Lax", "/")
    assert cookie["max-age"]
    assert cookie.value not in str(list(Cart.objects.values()))
    assert "__Host-cart" in text(visitor.get("/cart/"))
    assert not visitor.puts().cookies
    assert Cart.objects.count() == 1


def test_where_no_cookie_is_declared_the_cart_lives_in_the_session(browser) -> None:
    visitor = browser("vpn")
    answer = visitor.puts()
    assert list(answer.cookies) == ["__Host-sid"]
    assert not answer.cookies["__Host-sid"]["max-age"]
    page = text(visitor.get("/cart/"))
    assert "It belongs to your visit" in page
    assert "__Host-cart" not in page


def test_a_made_up_cookie_finds_nothing(browser) -> None:
    browser("vps6").puts()
    stranger = browser("vps6")
    for value in ("", "x", str(Cart.objects.get().id), Cart.objects.get().token_hash, "' OR 1=1", "\u00e9"):
        stranger.client.cookies["__Host-cart"] = value
        assert "Your cart is empty" in text(stranger.get("/cart/"))


def test_a_cart_of_another_brand_is_not_shown(browser) -> None:
    here, there = browser("vps6"), browser("vpsfast")
    here.puts()
    there.client.cookies["__Host-cart"] = here.client.cookies["__Host-cart"].value
    assert "Your cart is empty" in text(there.get("/cart/"))


def test_quantities_change_and_lines_go(browser) -> None:
    visitor = browser("vps6")
    visitor.puts()
    page = visitor.get("/cart/")
    (line,) = lines(page)
    assert visitor.sends(page, line, quantity="3", go="set").status_code == 302
    assert 'value="3"' in text(visitor.get("/cart/"))
    assert visitor.post(line, go="remove").status_code == 302
    assert "Your cart is empty" in text(visitor.get("/cart/"))


@pytest.mark.parametrize("typed", ["0", "-1", "21", "1.5", "abc", "", "9" * 300, "٣"])
def test_a_bad_quantity_is_answered_in_the_cart(browser, typed: str) -> None:
    visitor = browser("vps6")
    visitor.puts(quantity="2")
    (line,) = lines(visitor.get("/cart/"))
    page = visitor.post(line, quantity=typed, go="set")
    assert page.status_code == 422
    assert "whole number from 1 to 20" in text(page)
    assert CartLine.objects.get().quantity == 2


def test_a_line_removed_in_another_tab_is_answered(browser) -> None:
    visitor = browser("vps6")
    visitor.puts()
    (line,) = lines(visitor.get("/cart/"))
    visitor.post(line, go="remove")
    for go in ("remove", "set"):
        page = visitor.post(line, quantity="2", go=go)
        assert page.status_code == 404
        assert "not in your cart any more" in text(page)


def test_a_line_of_somebody_else_cannot_be_touched(browser) -> None:
    owner, thief = browser("vps6"), browser("vps6")
    owner.puts()
    thief.puts()
    (line,) = lines(owner.get("/cart/"))
    assert thief.post(line, go="remove").status_code == 404
    assert browser("vps6").post(line, go="remove").status_code == 404
    assert thief.post(f"/cart/lines/{uuid4()}/", go="remove").status_code == 404
    assert len(lines(owner.get("/cart/"))) == 1


def test_the_cart_changes_its_currency(browser) -> None:
    visitor = browser("vps6")
    visitor.puts()
    assert visitor.post("/cart/currency/", currency="USD").status_code == 302
    assert Cart.objects.get().currency == "USD"
    for currency in ("VND", "XXX", ""):
        assert visitor.post("/cart/currency/", currency=currency).status_code == 422
    assert Cart.objects.get().currency == "USD"
    assert browser("vps6").post("/cart/currency/", currency="USD").status_code == 404


def test_an_undeclared_field_is_refused_with_the_clause(browser) -> None:
    visitor = browser("vpn")
    visitor.puts()
    (line,) = lines(visitor.get("/cart/"))
    for path in (line, "/cart/currency/"):
        page = visitor.post(path, quantity="2", currency="USD", name="Ann")
        assert page.status_code == 422
        assert "VPN-3" in text(page)
    assert CartLine.objects.get().quantity == 1


def test_a_forged_post_changes_nothing(browser) -> None:
    visitor = browser("vps6")
    visitor.puts()
    (line,) = lines(visitor.get("/cart/"))
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {}):
        answer = visitor.client.post(line, {"go": "remove"}, headers={"host": visitor.host, **headers})
        assert answer.status_code == 403
    assert CartLine.objects.count() == 1


def test_the_signed_in_cart_is_the_accounts_and_survives_the_browser(browser) -> None:
    ann = browser("vps6")
    account = ann.signs_in()
    page = ann.get(f"/products/{ann.product()}/")
    assert ann.puts().status_code == 302, text(page)
    held = cart_of_account(make_act("system", "cart", at=clock.now()), account)
    assert held is not None
    assert held.pieces == 1
    ann.client.cookies.pop("__Host-cart", None)
    assert len(lines(ann.get("/cart/"))) == 1


def test_an_accounts_cart_is_not_shown_to_another_account(browser) -> None:
    ann, binh = browser("vps6"), browser("vps6")
    ann.signs_in()
    ann.puts()
    binh.signs_in()
    cookie = ann.client.cookies.get("__Host-cart")
    assert cookie is not None
    binh.client.cookies["__Host-cart"] = cookie.value
    assert "Your cart is empty" in text(binh.get("/cart/"))
