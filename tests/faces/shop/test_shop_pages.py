"""What a visitor sees: the front page and the products, without a trace."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.brands.queries import brand as brand_row
from hostkeep.kernel.ids import BrandId
from hostkeep.shop.queries.shelves import groups_of
from tests.faces.shop.conftest import plans, text

BRANDS = ["vpsfast", "vps6", "photonvps", "vpn", "vietnam-server"]


@pytest.mark.parametrize("brand", BRANDS)
def test_the_front_page_shows_the_brand_and_its_products(browser, brand: str) -> None:
    page = browser(brand).get("/", lang="en")
    shown = text(page)
    assert page.status_code == 200
    assert brand_row(BrandId(brand)).words["home"]["en"]["title"] in shown
    assert "Privacy facts" in shown
    assert f'data-brand="{brand}"' in shown
    for group in groups_of(BrandId(brand), currency=browser(brand).currency, language="en"):
        for card in group.cards:
            assert f'href="/products/{card.slug}/"' in shown
            assert card.name in shown
    assert not page.cookies


@pytest.mark.parametrize("brand", BRANDS)
def test_the_front_page_costs_a_visitor_one_query_of_the_shop(browser, brand: str) -> None:
    visitor = browser(brand)
    visitor.client.cookies["other"] = "1"  # who brings no cookie at all gets a page that was drawn before
    visitor.get("/")
    with CaptureQueriesContext(connection) as queries:
        visitor.get("/")
    assert len(queries) <= 3
    assert len([query for query in queries if "shop_" in query["sql"]]) == 1


def test_the_front_page_costs_one_query_more_with_a_cart(browser) -> None:
    visitor = browser("vps6")
    visitor.puts()
    visitor.get("/")
    with CaptureQueriesContext(connection) as queries:
        page = visitor.get("/")
    assert len([query for query in queries if "shop_" in query["sql"]]) == 2
    assert '<span class="count">1</span>' in text(page)


def test_another_currency_and_another_language(browser) -> None:
    visitor = browser("vietnam-server")
    assert "39.000 ₫" in text(visitor.get("/"))
    dollars = text(visitor.get("/", currency="USD", lang="en"))
    assert "$1.70" in dollars
    assert 'href="/products/nu/?currency=USD"' in dollars
    assert "39.000 ₫" in text(visitor.get("/", currency="XXX"))


@pytest.mark.parametrize("brand", BRANDS)
def test_every_product_has_a_page(browser, brand: str) -> None:
    visitor = browser(brand)
    for group in groups_of(BrandId(brand), currency=visitor.currency, language="en"):
        for card in group.cards:
            page = visitor.get(f"/products/{card.slug}/", lang="en")
            assert page.status_code == 200
            assert card.name in text(page)
            assert plans(page)
            assert not page.cookies
            assert "To order this we ask for" in text(page)


@pytest.mark.parametrize("path", ["/products/nothing/", "/products/1/", "/products/" + "x" * 900 + "/"])
def test_an_unknown_product_is_not_found(browser, path: str) -> None:
    page = browser("vps6").get(path)
    assert page.status_code == 404
    assert "<html" in text(page)


def test_a_product_of_another_brand_is_not_found(browser) -> None:
    assert browser("vps6").get(f"/products/{browser('vpn').product()}/").status_code == 404


def test_the_price_is_worked_out_without_scripts(browser) -> None:
    visitor = browser("vpsfast")
    page = visitor.post(
        "/products/dash-1/", plan="quarterly", quantity="2", currency="USD", go="price",
        **{"option-backup": "on", "option-address": "two"},
    )  # fmt: skip
    assert page.status_code == 200
    assert "$47.00" in text(page)  # 2 x (13.00 + 3 x 1.50 + 3 x 2.00)
    assert not page.cookies


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"quantity": "0"}, "whole number from 1 to 20"),
        ({"quantity": "-3"}, "whole number from 1 to 20"),
        ({"quantity": "21"}, "whole number from 1 to 20"),
        ({"quantity": "9" * 400}, "whole number from 1 to 20"),
        ({"quantity": "two"}, "whole number from 1 to 20"),
        ({"quantity": ""}, "whole number from 1 to 20"),
        ({"plan": "lifetime"}, "This plan does not belong to the product"),
        ({"plan": ""}, "This plan does not belong to the product"),
        ({"option-backup": "weekly"}, "one of the values shown"),
        ({"option-disk": "large"}, "no such option"),
        ({"option-": "x"}, "no such option"),
    ],
)
@pytest.mark.parametrize("go", ["add", "price"])
def test_bad_input_is_answered_on_the_page_and_leaves_nothing(browser, values, said: str, go: str) -> None:
    visitor = browser("vpsfast")
    page = visitor.puts("dash-1", go=go, **values)
    assert page.status_code == 422
    assert said in text(page)
    assert not page.cookies
    assert "Your cart is empty" in text(visitor.get("/cart/"))


@pytest.mark.parametrize("key", ["price", "email", "amount", "plan_id", "Quantity"])
def test_an_undeclared_field_is_refused_with_the_clause(browser, key: str) -> None:
    visitor = browser("vps6")
    page = visitor.puts(**{key: "0.01"})
    assert page.status_code == 422
    assert "V6-" in text(page)
    assert not page.cookies


def test_a_currency_the_brand_does_not_sell_in_is_refused(browser) -> None:
    visitor = browser("vps6")
    page = visitor.puts(currency="VND")
    assert page.status_code == 422
    assert not page.cookies


def test_a_domain_must_be_a_name_that_fits(browser) -> None:
    visitor = browser("vietnam-server")
    page = visitor.client.get(
        "/products/ten-mien-vn/", headers={"host": visitor.host, "accept-language": "en"}
    )
    assert "It ends with .vn." in text(page)
    for typed in ("", "example.com", "a b.vn", "<script>.vn"):
        refused = visitor.puts("ten-mien-vn", **{"answer-domain": typed})
        assert refused.status_code == 422
        assert "<script>.vn" not in refused.content.decode()
    assert visitor.puts("ten-mien-vn", **{"answer-domain": "Vi-Du.vn"}).status_code == 302
    assert "vi-du.vn" in text(visitor.get("/cart/"))


def test_the_shop_is_not_on_the_operators_host(browser) -> None:
    for path in ("/products/dash-1/", "/cart/", "/checkout/", "/receipts/"):
        page = browser("vps6").client.get(path, headers={"host": "localhost"})
        assert page.status_code == 404
