"""Many orders of one account's trial at once: one is free.  And what would happen without the lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.money import EUR, Money
from hostkeep.shop.actions import ordering
from hostkeep.shop.actions.ordering import Placed, place_order
from hostkeep.shop.errors import PriceChanged
from hostkeep.shop.models import OrderLine
from tests.lockless import unlocked
from tests.meeting import Together
from tests.rooms.shop.conftest import CATALOGUE, Shop, wish

AT_ONCE = 12
MONTHLY = "{slug: monthly, months: 1,"


def tries(shop: Shop) -> list[object]:
    """So many guests' carts with what can be tried, ordered by one account at once, as each page showed it."""
    shop.loads(CATALOGUE.replace(MONTHLY, f"{MONTHLY} trial: {{days: 14}},"))
    account = shop.customer()
    carts = [shop.cart(wish("one")) for _ in range(AT_ONCE)]

    def one(number: int) -> object:
        try:
            return place_order(
                shop.looks(), cart=carts[number], account=account, currency="EUR", expected=Money(0, EUR), once=f"t{number}"
            )
        except Foreseen as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_of_many_orders_of_a_trial_at_once_one_is_free(busy_shop: Shop) -> None:
    answers = tries(busy_shop)
    assert sum(isinstance(each, Placed) for each in answers) == 1
    assert sum(isinstance(each, PriceChanged) for each in answers) == AT_ONCE - 1
    assert OrderLine.objects.filter(trial_days__gt=0).count() == 1


def test_without_the_lock_it_is_free_more_than_once(busy_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "trials_given", Together(AT_ONCE).after(ordering.trials_given))
    with unlocked():
        answers = tries(busy_shop)
    assert sum(isinstance(each, Placed) for each in answers) > 1
