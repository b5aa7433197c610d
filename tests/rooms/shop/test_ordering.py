"""A cart becomes an order: once, at the price that was seen, or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from hostkeep.kernel.terms import Term
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import CartId, OrderId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.runtime.models import Event
from hostkeep.shop.actions.adopting import adopt_cart
from hostkeep.shop.actions.carting import add_line, remove_line, set_quantity
from hostkeep.shop.actions.ordering import Placed, keep_receipt, place_order
from hostkeep.shop.errors import (
    CartEmpty,
    NoSuchCart,
    NoSuchOrder,
    NotForSale,
    OnceReused,
    PriceChanged,
    SoldOut,
)
from hostkeep.shop.models import Cart, Order, Product, Receipt
from hostkeep.shop.queries.carts import cart_of_account
from hostkeep.shop.queries.orders import (
    order,
    order_of,
    orders_of,
    orders_of_brand,
    receipt_by_token,
)
from hostkeep.shop.rules.tokens import hash_of
from tests.rooms.shop.conftest import CATALOGUE, OTHER, SHOP, Shop, wish, wish_name
from tests.told import told


def nothing_happened(shop: Shop, cart: CartId, pieces: int) -> bool:
    """Whether no order stands and the cart is as it was."""
    return not Order.objects.exists() and shop.row(cart).pieces == pieces and not Event.objects.filter(
        kind="OrderPlaced"
    )


def test_an_order_copies_all_that_was_bought(shop: Shop) -> None:
    account = shop.customer()
    cart = shop.cart(wish("one", "yearly", 2, disk="large"), wish_name("example.vn"))
    total = shop.row(cart).cost.first
    placed = shop.orders(cart, account)
    row = told(order_of(account, placed.order))
    assert (row.total, row.account, row.brand, placed.total) == (total, account, SHOP, total)
    server, name = row.told
    assert (server.product, server.plan, server.term, server.quantity) == ("one", "yearly", Term("month", 12), 2)
    assert server.spec == {"cpu": "1", "disk_gb": "240"}
    assert server.first + name.first == total
    assert server.each_recurring.times(2) == server.recurring
    assert server.each_setup.times(2) == server.setup == Money(200, EUR)
    assert server.described("vi") == "Một: 240 GB, I do it"
    assert (name.spec, name.answers) == ({"zone": "vn", "domain": "example.vn"}, {"domain": "example.vn"})
    assert name.described("en") == ".vn: example.vn"
    assert (name.requires, name.recipient, name.driver) == (("registrant", "gov_id"), "vnnic", "manual")
    assert told(order(placed.order)) == row
    assert len(row.number) == 8


def test_an_order_empties_the_cart_and_tells_the_house(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish())
    placed = shop.orders(cart, account)
    assert shop.row(cart).lines.open() == ()
    event = Event.objects.get(kind="OrderPlaced")
    assert event.body == {"order": str(placed.order), "account": str(account)}


def test_later_changes_of_the_catalogue_do_not_reach_the_order(shop: Shop) -> None:
    account = shop.customer()
    placed = shop.orders(shop.cart(wish()), account)
    before = told(order_of(account, placed.order))
    shop.loads(CATALOGUE.replace("EUR: 690,", "EUR: 9900,").replace("en: One,", "en: Uno,"))
    assert told(order_of(account, placed.order)) == before


def test_the_same_key_again_is_the_same_order(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish())
    total = shop.row(cart).cost.first
    first = shop.orders(cart, account, "k")
    assert shop.orders(cart, account, "k", total) == first
    assert Order.objects.count() == 1
    assert Event.objects.filter(kind="OrderPlaced").count() == 1


def test_the_same_key_with_another_content_is_refused(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish())
    shop.orders(cart, account, "k")
    total = Money(690, EUR)
    for other_cart, other_account, other_total in (
        (shop.cart(wish()), account, total),
        (cart, shop.customer(), total),
        (cart, account, Money(691, EUR)),
        (cart, account, Money(690, USD)),
    ):
        with pytest.raises(OnceReused):
            shop.orders(other_cart, other_account, "k", other_total)
    assert Order.objects.count() == 1


def test_one_key_at_two_brands_is_two_keys(shop: Shop, other_shop: Shop) -> None:
    shop.orders(shop.cart(wish()), shop.customer(), "k")
    other_shop.orders(other_shop.cart(wish()), other_shop.customer(), "k")
    assert Order.objects.count() == 2


@pytest.mark.parametrize("expected", [Money(0, EUR), Money(1, EUR), Money(-690, EUR), Money(690, USD)])
def test_a_total_that_was_tampered_with_is_refused(shop: Shop, expected: Money) -> None:
    account, cart = shop.customer(), shop.cart(wish())
    with pytest.raises(PriceChanged) as refused:
        shop.orders(cart, account, expected=expected)
    assert refused.value.facts == {"what": "", "shown": expected.minor, "now": 690, "currency": "EUR"}
    assert nothing_happened(shop, cart, 1)


def test_a_currency_that_was_tampered_with_is_refused(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish())
    with pytest.raises(PriceChanged):
        place_order(
            shop.act(), cart=cart, account=account, currency="VND", expected=Money(690, EUR), once="k"
        )
    assert nothing_happened(shop, cart, 1)


def test_a_price_that_changed_since_is_refused_by_name(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish(), wish("rare"))
    seen = shop.row(cart).cost.first
    shop.loads(CATALOGUE.replace("EUR: 690,", "EUR: 700,"))
    with pytest.raises(PriceChanged) as refused:
        shop.orders(cart, account, expected=seen)
    assert refused.value.facts == {"what": "One", "shown": 1690, "now": 1700, "currency": "EUR"}
    assert nothing_happened(shop, cart, 2)
    shop.orders(cart, account, "k2", expected=Money(1700, EUR))


def test_an_option_that_changed_its_price_is_refused(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish(disk="large"))
    seen = shop.row(cart).cost.first
    shop.loads(CATALOGUE.replace("EUR: 400", "EUR: 300"))
    with pytest.raises(PriceChanged):
        shop.orders(cart, account, expected=seen)
    assert nothing_happened(shop, cart, 1)


def test_what_is_sold_out_is_refused_by_name(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish("rare", quantity=2))
    shop.orders(shop.cart(wish("rare")), shop.customer(), "other")
    with pytest.raises(SoldOut) as refused:
        shop.orders(cart, account, "mine")
    assert refused.value.facts == {"what": "Rare", "left": 1}
    assert shop.row(cart).pieces == 2
    assert Product.objects.get(brand=SHOP, slug="rare").stock == 1


def test_two_lines_of_one_product_share_its_stock(shop: Shop) -> None:
    text = CATALOGUE.replace("{slug: red, label: Red}", "{slug: red, label: Red}, {slug: blue, label: Blue}")
    shop.loads(text)
    cart = shop.cart(wish("rare", quantity=2, colour="red"), wish("rare", colour="blue"))
    with pytest.raises(SoldOut):
        shop.orders(cart, shop.customer())
    set_quantity(shop.act(), cart=cart, line=shop.row(cart).lines.open()[0].id, quantity=1)
    shop.orders(cart, shop.customer())
    assert Product.objects.get(brand=SHOP, slug="rare").stock == 0


def test_what_left_the_shelf_is_refused_by_name(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish(), wish_name("a.vn"))
    shop.loads(CATALOGUE[: CATALOGUE.index("- slug: names")])
    with pytest.raises(NotForSale) as refused:
        shop.orders(cart, account)
    assert refused.value.facts == {"what": ".vn"}
    assert nothing_happened(shop, cart, 2)


def test_an_emptied_cart_is_refused(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish())
    seen = shop.row(cart).cost.first
    remove_line(shop.act(), cart=cart, line=shop.row(cart).lines.open()[0].id)
    with pytest.raises(CartEmpty):
        shop.orders(cart, account, expected=seen)
    assert nothing_happened(shop, cart, 0)


def test_a_cart_that_grew_in_another_tab_is_refused(shop: Shop) -> None:
    account, cart = shop.customer(), shop.cart(wish())
    seen = shop.row(cart).cost.first
    add_line(shop.act(), cart=cart, wish=wish("rare"))
    with pytest.raises(PriceChanged):
        shop.orders(cart, account, expected=seen)
    assert nothing_happened(shop, cart, 2)


def test_a_foreign_cart_is_not_there(shop: Shop, other_shop: Shop) -> None:
    thief = shop.customer()
    cart = shop.cart(wish(), account=shop.customer())
    with pytest.raises(NoSuchCart):
        shop.orders(cart, thief)
    guest = shop.cart(wish())
    with pytest.raises(NoSuchCart):
        place_order(
            other_shop.act(), cart=guest, account=other_shop.customer(), currency="EUR",
            expected=Money(690, EUR), once="k",
        )
    with pytest.raises(NoSuchCart):
        place_order(
            shop.act(), cart=CartId(uuid4()), account=thief, currency="EUR", expected=Money(690, EUR), once="k"
        )
    assert nothing_happened(shop, cart, 1)


def test_orders_are_shown_to_their_account_alone(shop: Shop) -> None:
    account, stranger = shop.customer(), shop.customer()
    first = shop.orders(shop.cart(wish()), account, "k1")
    second = shop.orders(shop.cart(wish("rare")), account, "k2")
    assert [row.id for row in orders_of(account)] == [second.order, first.order]
    assert orders_of(stranger) == ()
    assert [row.id for row in orders_of_brand(SHOP)] == [second.order, first.order]
    assert orders_of_brand(OTHER) == ()
    with pytest.raises(NoSuchOrder):
        order_of(stranger, first.order)
    with pytest.raises(NoSuchOrder):
        order(OrderId(uuid4()))
    with CaptureQueriesContext(connection) as queries:
        orders_of(account)
    assert len(queries) == 2


def test_a_receipt_is_found_by_its_token_alone(shop: Shop) -> None:
    account = shop.customer()
    placed = shop.orders(shop.cart(wish()), account)
    for _ in range(2):
        keep_receipt(shop.act(), order=placed.order, account=account, token_hash=hash_of("t"))
    assert [row.id for row in receipt_by_token(SHOP, hash_of("t"))] == [placed.order]
    assert receipt_by_token(SHOP, hash_of("u")) == ()
    assert receipt_by_token(OTHER, hash_of("t")) == ()
    with pytest.raises(NoSuchOrder):
        keep_receipt(shop.act(), order=placed.order, account=shop.customer(), token_hash=hash_of("x"))
    assert Receipt.objects.count() == 1


def in_threads(count: int, deed) -> list[Placed | Foreseen]:
    """Do one thing in several threads at once, each with a connection of its own."""

    def run(number: int) -> Placed | Foreseen:
        try:
            return deed(number)
        except Foreseen as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_sent_twice_at_once_is_one_order(busy_shop: Shop) -> None:
    account, cart = busy_shop.customer(), busy_shop.cart(wish())
    seen = busy_shop.row(cart).cost.first
    act = busy_shop.act()

    def send(_: int) -> Placed:
        return place_order(act, cart=cart, account=account, currency="EUR", expected=seen, once="k")

    answers = in_threads(4, send)
    assert len(set(answers)) == 1
    assert isinstance(answers[0], Placed)
    assert Order.objects.count() == 1
    assert Event.objects.filter(kind="OrderPlaced").count() == 1


def test_one_key_with_two_carts_at_once_is_one_order(busy_shop: Shop) -> None:
    accounts = [busy_shop.customer() for _ in range(2)]
    carts = [busy_shop.cart(wish()) for _ in range(2)]
    act = busy_shop.act()

    def send(number: int) -> Placed:
        return place_order(
            act, cart=carts[number], account=accounts[number], currency="EUR",
            expected=Money(690, EUR), once="k",
        )  # fmt: skip

    answers = in_threads(2, send)
    assert sorted(type(answer).__name__ for answer in answers) == ["OnceReused", "Placed"]
    assert Order.objects.count() == 1


def test_the_last_pieces_are_sold_once(busy_shop: Shop) -> None:
    accounts = [busy_shop.customer() for _ in range(4)]
    carts = [busy_shop.cart(wish("rare"), wish()) for _ in range(4)]
    act = busy_shop.act()

    def send(number: int) -> Placed:
        return place_order(
            act, cart=carts[number], account=accounts[number], currency="EUR",
            expected=Money(1690, EUR), once=f"k{number}",
        )  # fmt: skip

    answers = in_threads(4, send)
    assert sorted(type(answer).__name__ for answer in answers) == ["Placed", "Placed", "SoldOut", "SoldOut"]
    assert Product.objects.get(brand=SHOP, slug="rare").stock == 0


def test_a_price_change_at_the_same_moment_is_before_or_after(busy_shop: Shop) -> None:
    account, cart = busy_shop.customer(), busy_shop.cart(wish())
    act = busy_shop.act()

    def both(number: int) -> object:
        if number:
            return busy_shop.loads(CATALOGUE.replace("EUR: 690,", "EUR: 700,"))
        return place_order(
            act, cart=cart, account=account, currency="EUR", expected=Money(690, EUR), once="k"
        )

    answer, _ = in_threads(2, both)
    if isinstance(answer, Placed):
        assert Order.objects.get().total_minor == 690
    else:
        assert isinstance(answer, PriceChanged)
        assert not Order.objects.exists()


def test_two_guests_carts_adopted_at_once_become_one(busy_shop: Shop) -> None:
    account = busy_shop.customer()
    carts = [busy_shop.cart(wish(quantity=2)) for _ in range(2)]
    act = busy_shop.act()
    in_threads(2, lambda number: adopt_cart(act, cart=carts[number], account=account))
    row = cart_of_account(busy_shop.looks(), account)
    assert row is not None
    assert row.pieces == 4
    assert Cart.objects.filter(account_id=account).count() == 1
