"""Fifty checkouts of the last piece: one gets it.  And what would happen without the lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.money import EUR, Money
from hostkeep.shop.actions import ordering
from hostkeep.shop.actions.ordering import Placed, place_order
from hostkeep.shop.errors import SoldOut
from hostkeep.shop.models import Order, Product
from tests.lockless import unlocked
from tests.meeting import PATIENCE, Together
from tests.rooms.shop.conftest import CATALOGUE, Shop, wish

AT_ONCE, LOSERS = 50, 20


def fifty(shop: Shop, count: int) -> list[object]:
    """So many carts with the one piece that there is, ordered by as many accounts at once, over a connection each."""
    shop.loads(CATALOGUE.replace("stock: 2", "stock: 1"))
    carts = [(shop.cart(wish("rare")), shop.customer()) for _ in range(count)]
    start = Barrier(count)

    def one(number: int) -> object:
        cart, account = carts[number]
        try:
            connection.ensure_connection()
            start.wait(PATIENCE)
            return place_order(
                shop.looks(), cart=cart, account=account, currency="EUR", expected=Money(1000, EUR), once=f"k{number}"
            )
        except Foreseen as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_of_fifty_checkouts_of_the_last_piece_one_gets_it(busy_shop: Shop) -> None:
    answers = fifty(busy_shop, AT_ONCE)
    assert sum(isinstance(each, Placed) for each in answers) == 1
    assert sum(isinstance(each, SoldOut) for each in answers) == AT_ONCE - 1
    assert (Order.objects.count(), Product.objects.get(brand=busy_shop.brand, slug="rare").stock) == (1, 0)


def test_without_the_lock_the_last_piece_is_sold_more_than_once(
    busy_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "locked_and_priced", Together(LOSERS).after(ordering.locked_and_priced))
    with unlocked():
        answers = fifty(busy_shop, LOSERS)
    assert sum(isinstance(each, Placed) for each in answers) > 1
