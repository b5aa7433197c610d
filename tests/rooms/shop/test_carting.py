"""Filling a cart: what may be put in, what may not, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.kernel.terms import Term
from hostkeep.kernel.ids import CartId
from hostkeep.kernel.money import EUR, USD, VND, Money
from hostkeep.shop.actions.adopting import adopt_cart
from hostkeep.shop.actions.carting import (
    Wish,
    add_line,
    open_cart,
    remove_line,
    set_quantity,
    switch_currency,
)
from hostkeep.shop.errors import (
    BadAnswer,
    BadQuantity,
    CartFull,
    NoSuchCart,
    NoSuchChoice,
    NoSuchCurrency,
    NoSuchLine,
    NoSuchOption,
    NoSuchPlan,
    NoSuchProduct,
)
from hostkeep.shop.models import Cart, CartLine
from hostkeep.shop.queries.carts import cart_by_token, cart_of_account, pieces_by_token, pieces_of_account
from hostkeep.shop.rules.tokens import hash_of
from tests.rooms.shop.conftest import CATALOGUE, OTHER, SHOP, Shop, wish, wish_name


def test_a_cart_is_found_by_its_token_and_stored_by_its_hash(shop: Shop) -> None:
    opened = open_cart(shop.act(), currency="EUR", account=None)
    row = cart_by_token(shop.looks(), hash_of(opened.token))
    assert row is not None
    assert (row.id, row.lines.open(), row.cost.first, row.ready) == (opened.cart, (), Money(0, EUR), False)
    assert opened.token not in repr(opened)
    assert opened.token not in str(list(Cart.objects.values()))
    assert cart_by_token(replace(shop.looks(), brand=OTHER), hash_of(opened.token)) is None
    assert cart_by_token(shop.looks(), hash_of("guess")) is None


def test_a_configured_line_costs_what_it_should(shop: Shop) -> None:
    cart = shop.cart(wish("one", "yearly", 2, disk="large", move="staff"))
    (line,) = shop.row(cart).lines.open()
    assert line.cost.recurring == Money(2 * (6900 + 12 * 400), EUR)
    assert line.cost.setup == Money(2 * (100 + 2500), EUR)
    assert line.choices == (("Disk", "240 GB"), ("Moving in", "You do it"))
    assert (line.name, line.term, line.quantity, line.state) == ("One", Term("month", 12), 2, "good")


def test_what_is_not_chosen_is_standard(shop: Shop) -> None:
    (line,) = shop.row(shop.cart(wish())).lines.open()
    assert line.choices == (("Disk", "25 GB"), ("Moving in", "I do it"))


def test_the_same_again_makes_it_more(shop: Shop) -> None:
    cart = shop.cart(wish(quantity=2), wish(quantity=3), wish(disk="large"))
    assert [line.quantity for line in shop.row(cart).lines.open()] == [5, 1]
    assert shop.row(cart).pieces == 6


def test_more_than_the_bound_is_refused_and_nothing_changes(shop: Shop) -> None:
    cart = shop.cart(wish(quantity=20))
    with pytest.raises(BadQuantity):
        add_line(shop.act(), cart=cart, wish=wish())
    assert shop.row(cart).pieces == 20


@pytest.mark.parametrize("quantity", [0, -1, 21, 10**18])
def test_a_bad_quantity_is_refused(shop: Shop, quantity: int) -> None:
    cart = shop.cart(wish())
    with pytest.raises(BadQuantity):
        add_line(shop.act(), cart=cart, wish=wish("rare", quantity=quantity))
    with pytest.raises(BadQuantity):
        set_quantity(shop.act(), cart=cart, line=shop.row(cart).lines.open()[0].id, quantity=quantity)
    assert shop.row(cart).pieces == 1


@pytest.mark.parametrize(
    ("wished", "refusal"),
    [
        (wish("nothing"), NoSuchProduct),
        (wish("one", "year"), NoSuchPlan),
        (wish("one", "x' OR 1=1"), NoSuchPlan),
        (wish("one", colour="red"), NoSuchOption),
        (wish("one", disk="red"), NoSuchChoice),
        (wish("one", disk=""), NoSuchChoice),
        (wish("rare", disk="large"), NoSuchOption),
        (Wish("name", "year", {}, {}, 1), BadAnswer),
        (wish_name("example.com"), BadAnswer),
        (wish_name("example.vn", quantity=2), BadQuantity),
    ],
)
def test_what_is_not_offered_is_refused(shop: Shop, wished: Wish, refusal: type[Exception]) -> None:
    cart = shop.cart()
    with pytest.raises(refusal):
        add_line(shop.act(), cart=cart, wish=wished)
    assert shop.row(cart).lines.open() == ()


def test_a_name_can_be_had_once(shop: Shop) -> None:
    cart = shop.cart(wish_name("Example.vn"), wish_name("another.vn"))
    first, second = shop.row(cart).lines.open()
    assert (first.answers, second.answers) == ({"domain": "example.vn"}, {"domain": "another.vn"})
    with pytest.raises(BadQuantity):
        add_line(shop.act(), cart=cart, wish=wish_name("example.vn"))
    with pytest.raises(BadQuantity):
        set_quantity(shop.act(), cart=cart, line=first.id, quantity=2)
    assert shop.row(cart).requires == ("registrant", "gov_id")


def test_a_product_of_another_brand_is_not_there(shop: Shop, other_shop: Shop) -> None:
    other_shop.loads(CATALOGUE.replace("slug: one", "slug: foreign"))
    with pytest.raises(NoSuchProduct):
        add_line(shop.act(), cart=shop.cart(), wish=wish("foreign"))


def test_a_cart_of_another_brand_is_not_there(shop: Shop, other_shop: Shop) -> None:
    cart = shop.cart(wish())
    line = shop.row(cart).lines.open()[0].id
    for deed in (
        lambda: add_line(other_shop.act(), cart=cart, wish=wish()),
        lambda: set_quantity(other_shop.act(), cart=cart, line=line, quantity=2),
        lambda: remove_line(other_shop.act(), cart=cart, line=line),
        lambda: switch_currency(other_shop.act(), cart=cart, currency="USD"),
        lambda: adopt_cart(other_shop.act(), cart=cart, account=other_shop.customer()),
    ):
        with pytest.raises(NoSuchCart):
            deed()
    assert shop.row(cart).pieces == 1


def test_a_line_of_another_cart_is_not_there(shop: Shop) -> None:
    mine, theirs = shop.cart(wish()), shop.cart(wish())
    line = shop.row(theirs).lines.open()[0].id
    with pytest.raises(NoSuchLine):
        set_quantity(shop.act(), cart=mine, line=line, quantity=9)
    with pytest.raises(NoSuchLine):
        remove_line(shop.act(), cart=mine, line=line)
    assert shop.row(theirs).pieces == 1


def test_a_line_is_changed_and_removed_once(shop: Shop) -> None:
    cart = shop.cart(wish(), wish("rare"))
    line = shop.row(cart).lines.open()[0].id
    set_quantity(shop.act(), cart=cart, line=line, quantity=7)
    assert shop.row(cart).pieces == 8
    remove_line(shop.act(), cart=cart, line=line)
    with pytest.raises(NoSuchLine):
        remove_line(shop.act(), cart=cart, line=line)
    assert [each.product for each in shop.row(cart).lines.open()] == ["rare"]


def test_a_cart_has_a_bound(shop: Shop) -> None:
    cart = shop.cart(*(wish_name(f"n{i}.vn") for i in range(30)))
    with pytest.raises(CartFull):
        add_line(shop.act(), cart=cart, wish=wish())
    assert len(shop.row(cart).lines.open()) == 30


def test_a_cart_changes_its_currency(shop: Shop) -> None:
    cart = shop.cart(wish(disk="large"))
    switch_currency(shop.act(), cart=cart, currency="VND")
    row = shop.row(cart)
    assert (row.cost.first, row.lines.open()[0].was) == (Money(129_000 + 90_000, VND), None)
    for currency in ("XXX", "GBP", "", "vnd"):
        with pytest.raises(NoSuchCurrency):
            switch_currency(shop.act(), cart=cart, currency=currency)
        with pytest.raises(NoSuchCurrency):
            open_cart(shop.act(), currency=currency, account=None)


def test_a_cart_tells_what_changed_since(shop: Shop) -> None:
    cart = shop.cart(wish(), wish("rare", quantity=2), wish_name("a.vn"))
    text = CATALOGUE.replace("EUR: 690,", "EUR: 700,").replace("stock: 2", "stock: 1")
    shop.loads(text[: text.index("  - slug: name\n")] + text[text.index("  - slug: secret") :])
    one, rare, name = shop.row(cart).lines.open()
    assert (one.was, one.each, one.state) == (Money(690, EUR), Money(700, EUR), "good")
    assert (rare.state, rare.left) == ("short", 1)
    assert (name.state, name.cost.first) == ("retired", Money(0, EUR))
    assert not shop.row(cart).ready


def test_a_retired_choice_retires_the_line(shop: Shop) -> None:
    cart = shop.cart(wish(move="staff"))
    gone = "      - {slug: staff, label: You do it, setup: {EUR: 2500, USD: 2700, VND: 500000}}\n"
    shop.loads(CATALOGUE.replace(gone, ""))
    assert shop.row(cart).lines.open()[0].state == "retired"


def test_a_cart_costs_the_same_queries_however_full(shop: Shop) -> None:
    small = shop.cart(wish(disk="large"))
    large = shop.cart(wish(), wish("rare"), *(wish_name(f"n{i}.vn") for i in range(20)))
    for cart in (small, large):
        with CaptureQueriesContext(connection) as queries:
            shop.row(cart)
        assert len(queries) == 6, "five, and one way through the wall, which takes its role and gives it back"


def test_pieces_are_counted_in_one_query(shop: Shop) -> None:
    opened = open_cart(shop.act(), currency="EUR", account=None)
    assert pieces_by_token(SHOP, hash_of(opened.token)) == 0
    add_line(shop.act(), cart=opened.cart, wish=wish(quantity=3))
    with CaptureQueriesContext(connection) as queries:
        assert pieces_by_token(SHOP, hash_of(opened.token)) == 3
    assert len(queries) == 1
    assert pieces_by_token(OTHER, hash_of(opened.token)) == 0


def test_a_guests_cart_becomes_the_accounts(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish(quantity=2))
    adopt_cart(shop.act(), cart=cart, account=account)
    adopt_cart(shop.act(), cart=cart, account=account)
    row = cart_of_account(shop.looks(), account)
    assert row is not None
    assert (row.id, row.account, row.pieces) == (cart, account, 2)
    assert pieces_of_account(SHOP, account) == 2


def test_the_accounts_older_cart_joins(shop: Shop) -> None:
    account = shop.customer()
    older = shop.cart(
        wish(quantity=15), wish("rare"), wish_name("a.vn"), wish_name("b.vn"), currency="USD", account=account
    )
    cart = shop.cart(wish(quantity=9), wish_name("a.vn"))
    adopt_cart(shop.act(), cart=cart, account=account)
    row = cart_of_account(shop.looks(), account)
    assert row is not None
    found = {(line.product, *line.answers.values()): line.quantity for line in row.lines.open()}
    assert found == {("one",): 20, ("rare",): 1, ("name", "a.vn"): 1, ("name", "b.vn"): 1}
    assert (row.id, row.currency) == (cart, EUR)
    assert not Cart.objects.filter(id=older).exists()
    assert all(line.cost.first.currency == EUR for line in row.lines.open())


def test_a_cart_of_another_account_is_not_there(shop: Shop) -> None:
    cart = shop.cart(wish(), account=shop.customer())
    thief = shop.customer()
    with pytest.raises(NoSuchCart):
        adopt_cart(shop.act(), cart=cart, account=thief)
    with pytest.raises(NoSuchCart):
        adopt_cart(shop.act(), cart=CartId(uuid4()), account=thief)
    assert cart_of_account(shop.looks(), thief) is None


def test_a_line_in_another_currency_is_priced_in_the_carts(shop: Shop) -> None:
    cart = shop.cart(wish(), currency="USD")
    assert shop.row(cart).cost.first == Money(750, USD)
    assert CartLine.objects.get(cart_id=cart).seen_currency == "USD"
