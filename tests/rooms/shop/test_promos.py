"""Promo codes: made by rules, put into carts, reserved once, given back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import CartId, InvoiceId, OrderId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.shop import reserving
from hostkeep.shop.actions.adopting import adopt_cart
from hostkeep.shop.actions.carting import switch_currency
from hostkeep.shop.actions.ordering import Placed, place_order
from hostkeep.shop.actions.promos import (
    make_promo,
    put_in_promo,
    switch_off_promo,
    switch_on_promo,
    take_out_promo,
)
from hostkeep.shop.actions.redeeming import attach_invoice, commit_redemption, release_redemption
from hostkeep.shop.errors import (
    BadPromo,
    NoSuchOrder,
    NoSuchPromo,
    NoSuchPromoCode,
    PriceChanged,
    PromoGone,
    PromoNewOnly,
    PromoNotForThese,
    PromoOtherCurrency,
    PromoTaken,
    PromoUnderLeast,
    PromoUsedBefore,
)
from hostkeep.shop.models import Order, PromoCode, Redemption
from hostkeep.shop.queries.held import redemptions_of
from hostkeep.shop.queries.orders import order
from hostkeep.shop.queries.promos import promo_use, promos, redemption_of
from hostkeep.shop.rules.promo_making import Making
from tests.meeting import PATIENCE, Together
from tests.rooms.shop.conftest import CATALOGUE, Shop, wish

TENTH = Making("TENTH", {"en": "Ten off"}, "percent", 100_000, starts_at=None)  # type: ignore[arg-type]
FIVE = replace(TENTH, code="FIVE", kind="fixed", value=500, currency="EUR")


def made(shop: Shop, making: Making = TENTH, **change: Any) -> UUID:
    act = shop.act()
    begins = {"starts_at": act.at, **change}
    return make_promo(act, making=replace(making, **begins)).promo


def puts(shop: Shop, cart: CartId, typed: str = "tenth", account: Any = None) -> None:
    put_in_promo(shop.act(), cart=cart, typed=typed, account=account)


def orders(shop: Shop, cart: CartId, account: Any, once: str = "k", expected: Money | None = None) -> Placed:
    row = shop.row(cart)
    return place_order(
        shop.act(), cart=cart, account=account, currency=row.currency.code, expected=expected or row.due,
        once=once,
    )  # fmt: skip


def reduced(shop: Shop, **change: Any) -> tuple[UUID, Placed]:
    promo, cart = made(shop, **change), shop.cart(wish())
    puts(shop, cart)
    return promo, orders(shop, cart, shop.customer())


def test_a_code_takes_its_part_off_the_terms_and_nothing_off_what_is_due_once(shop: Shop) -> None:
    made(shop)
    cart = shop.cart(wish("one", "yearly", 2, disk="large"), wish("rare"))
    puts(shop, cart, " Tenth ")
    row = shop.row(cart)
    yearly, rare = row.lines.open()
    assert (yearly.cost.setup, yearly.discount, rare.discount) == (
        Money(200, EUR), Money(2340, EUR), Money(100, EUR),
    )  # fmt: skip
    assert row.promo is not None
    assert (row.promo.code, row.promo.problem, row.promo.discount) == ("TENTH", None, Money(2440, EUR))
    assert row.due == row.cost.first - Money(2440, EUR)


def test_an_order_keeps_what_was_taken_off_and_reserves_the_use(shop: Shop) -> None:
    promo, account, cart = made(shop, FIVE, periods=3), shop.customer(), shop.cart(wish(quantity=3))
    puts(shop, cart, "five")
    placed = orders(shop, cart, account)
    row = order(placed.order)
    assert (placed.total, row.total, row.discount) == (Money(1570, EUR), Money(1570, EUR), Money(500, EUR))
    assert [each.minor for each in row.lines[0].each_discount] == [167, 167, 166]
    used = redemption_of(placed.order)
    assert used is not None
    assert (used.code, used.state, used.discount, used.periods, used.rate) == (
        "FIVE", "reserved", Money(500, EUR), 3, 0,
    )  # fmt: skip
    assert promo_use(promo).promo.uses == 1
    assert shop.row(cart).promo is None
    (own,) = redemptions_of(account, first=9)
    assert (own.code, own.discount, own.state) == ("FIVE", Money(500, EUR), "reserved")


def test_without_a_code_nothing_is_taken_off(shop: Shop) -> None:
    placed = orders(shop, shop.cart(wish()), shop.customer())
    assert (order(placed.order).discount, redemption_of(placed.order)) == (Money(0, EUR), None)


@pytest.mark.parametrize("typed", ["nothing", "", "  ", "a b", "x" * 5000, "TENTH'; --", "ТЕNTH"])
def test_what_is_no_code_is_refused(shop: Shop, typed: str) -> None:
    made(shop)
    cart = shop.cart(wish())
    with pytest.raises(NoSuchPromo):
        puts(shop, cart, typed)
    assert shop.row(cart).promo is None


def test_a_code_that_holds_for_nobody_is_answered_like_one_that_never_was(shop: Shop, other_shop: Shop) -> None:
    later = shop.opened_at + timedelta(days=400)
    made(shop, code="EARLY", starts_at=later)
    made(shop, code="ENDED", ends_at=shop.opened_at + timedelta(minutes=6))
    made(other_shop, code="THEIRS")
    switch_off_promo(shop.act(), promo=made(shop, code="OFF-NOW"))
    made(shop, code="ONCE", most_uses=1)
    first, cart = shop.cart(wish()), shop.cart(wish())
    puts(shop, first, "once")
    orders(shop, first, shop.customer())
    answers = set()
    for typed in ("EARLY", "ENDED", "THEIRS", "OFF-NOW", "ONCE", "NEVER"):
        with pytest.raises(NoSuchPromo) as refused:
            puts(shop, cart, typed)
        answers.add((refused.value.code, refused.value.title, str(refused.value.facts)))
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"kind": "fixed", "value": 500, "currency": "USD"}, PromoOtherCurrency),
        ({"products": ("rare",)}, PromoNotForThese),
        ({"groups": ("names",)}, PromoNotForThese),
        ({"months": (12,)}, PromoNotForThese),
        ({"least": {"EUR": 691}}, PromoUnderLeast),
    ],
)
def test_a_code_that_does_not_fit_the_cart_says_why(
    shop: Shop, change: dict[str, Any], refusal: type[Foreseen]
) -> None:
    made(shop, **change)
    with pytest.raises(refusal):
        puts(shop, shop.cart(wish()))


def test_a_code_for_first_orders_is_for_those_alone(shop: Shop) -> None:
    made(shop, new_customers_only=True)
    old, cart = shop.customer(), shop.cart(wish())
    orders(shop, shop.cart(wish()), old, "before")
    with pytest.raises(PromoNewOnly):
        puts(shop, cart, account=old)
    puts(shop, cart)  # a visitor, of whom nobody knows yet
    with pytest.raises(PromoNewOnly):
        orders(shop, cart, old, expected=Money(621, EUR))
    assert orders(shop, cart, shop.customer()).total == Money(621, EUR)


def test_whose_first_order_was_given_up_has_not_ordered(shop: Shop) -> None:
    made(shop, new_customers_only=True)
    account, cart = shop.customer(), shop.cart(wish())
    puts(shop, cart)
    first = orders(shop, cart, account)
    release_redemption(shop.act(), order=first.order, reason="cancelled")
    again = shop.cart(wish())
    puts(shop, again, account=account)
    assert orders(shop, again, account, "k2").total == Money(621, EUR)


def test_a_code_is_used_by_one_account_as_often_as_it_may(shop: Shop) -> None:
    made(shop, most_each=1)
    account, cart = shop.customer(), shop.cart(wish())
    puts(shop, cart)
    orders(shop, cart, account)
    with pytest.raises(PromoUsedBefore):
        puts(shop, shop.cart(wish()), account=account)
    other = shop.cart(wish())
    puts(shop, other)
    with pytest.raises(PromoUsedBefore):
        orders(shop, other, account, "k2", Money(621, EUR))
    orders(shop, other, shop.customer(), "k3", Money(621, EUR))


def test_a_use_that_was_given_back_does_not_count_against_its_account(shop: Shop) -> None:
    made(shop, most_each=1)
    account, cart, again = shop.customer(), shop.cart(wish()), shop.cart(wish())
    puts(shop, cart)
    release_redemption(shop.act(), order=orders(shop, cart, account).order, reason="cancelled")
    puts(shop, again, account=account)
    assert orders(shop, again, account, "k2").total == Money(621, EUR)


@pytest.mark.parametrize("end", ["over", "off", "used_up"])
def test_a_code_that_ends_before_the_order_is_told_and_not_charged(shop: Shop, end: str) -> None:
    soon = shop.opened_at + timedelta(minutes=20)
    promo = made(shop, ends_at=soon if end == "over" else None, most_uses=1 if end == "used_up" else None)
    account, cart, other = shop.customer(), shop.cart(wish()), shop.cart(wish())
    puts(shop, cart)
    seen = Money(621, EUR)
    assert shop.row(cart).cost.first == Money(690, EUR)
    if end == "off":
        switch_off_promo(shop.act(), promo=promo)
    if end == "used_up":
        puts(shop, other)
        orders(shop, other, shop.customer(), "other", seen)
    shop.minutes += 30
    with pytest.raises(PromoGone) as refused:
        orders(shop, cart, account, expected=seen)
    assert refused.value.facts == {"promo": "TENTH"}
    assert not Order.objects.filter(account=account).exists()
    # Whoever has seen the price without it may order at that.
    placed = orders(shop, cart, account, "k2", Money(690, EUR))
    assert (placed.total, redemption_of(placed.order)) == (Money(690, EUR), None)


def test_a_discount_that_was_made_up_is_refused(shop: Shop) -> None:
    made(shop)
    cart = shop.cart(wish())
    with pytest.raises(PriceChanged):
        orders(shop, cart, shop.customer(), expected=Money(621, EUR))
    puts(shop, cart)
    with pytest.raises(PriceChanged):
        orders(shop, cart, shop.customer(), expected=Money(690, EUR))
    assert not Redemption.objects.exists()


def test_a_code_leaves_a_cart_and_comes_along_when_it_is_adopted(shop: Shop) -> None:
    made(shop)
    account, cart = shop.customer(), shop.cart(wish())
    puts(shop, cart)
    take_out_promo(shop.act(), cart=cart)
    assert shop.row(cart).promo is None
    own = shop.cart(wish(), account=account)
    puts(shop, own)
    adopt_cart(shop.act(), cart=cart, account=account)
    promo = shop.row(cart).promo
    assert promo is not None
    assert (promo.code, promo.discount) == ("TENTH", Money(138, EUR))


def test_another_currency_shows_why_the_code_no_longer_applies(shop: Shop) -> None:
    made(shop, FIVE)
    cart = shop.cart(wish())
    puts(shop, cart, "five")
    switch_currency(shop.act(), cart=cart, currency="USD")
    promo = shop.row(cart).promo
    assert promo is not None
    assert (type(promo.problem), promo.discount) == (PromoOtherCurrency, Money(0, USD))


def test_a_use_is_committed_once_and_stays(shop: Shop) -> None:
    promo, placed = reduced(shop)
    invoice = InvoiceId(uuid4())
    assert attach_invoice(shop.act(), order=placed.order, invoice=invoice).moved
    assert not attach_invoice(shop.act(), order=placed.order, invoice=InvoiceId(uuid4())).moved
    assert commit_redemption(shop.act(), order=placed.order).moved
    assert not commit_redemption(shop.act(), order=placed.order).moved
    assert not release_redemption(shop.act(), order=placed.order, reason="cancelled").moved
    use = promo_use(promo)
    assert (use.promo.uses, use.reserved, use.committed, use.released) == (1, 0, 1, 0)
    assert use.given == (Money(69, EUR),)


def test_a_use_is_given_back_once(shop: Shop) -> None:
    promo, placed = reduced(shop, most_uses=1)
    assert promo_use(promo).state(shop.act().at) == "used_up"
    assert release_redemption(shop.act(), order=placed.order, reason="cancelled").moved
    assert not release_redemption(shop.act(), order=placed.order, reason="cancelled").moved
    assert not commit_redemption(shop.act(), order=placed.order).moved
    use = promo_use(promo)
    assert (use.promo.uses, use.released, use.state(shop.act().at)) == (0, 1, "on")
    with pytest.raises(NoSuchOrder):
        release_redemption(shop.act(), order=OrderId(uuid4()), reason="cancelled")


def test_a_code_is_made_once_a_word_and_brand(shop: Shop, other_shop: Shop) -> None:
    promo = made(shop)
    with pytest.raises(PromoTaken):
        made(shop, code="tenth")
    made(other_shop)
    assert [use.promo.code for use in promos(shop.brand)] == ["TENTH"]
    assert len(promos()) == 2
    with pytest.raises(NoSuchPromoCode):
        switch_off_promo(other_shop.act(), promo=promo)
    switch_off_promo(shop.act(), promo=promo)
    assert promo_use(promo).state(shop.act().at) == "off"
    switch_on_promo(shop.act(), promo=promo)
    assert promo_use(promo).state(shop.act().at) == "on"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "a b"}, "code"), ({"code": "x"}, "code"), ({"title": {}}, "title"),
        ({"title": {"en": " "}}, "title"), ({"title": {"en": "a\nb"}}, "title"), ({"kind": "gift"}, "kind"),
        ({"value": 0}, "value"), ({"value": -1}, "value"), ({"value": 1_000_001}, "value"),
        ({"kind": "fixed", "value": 0, "currency": "EUR"}, "value"),
        ({"kind": "fixed", "value": -500, "currency": "EUR"}, "value"),
        ({"kind": "fixed", "value": 500}, "currency"),
        ({"kind": "fixed", "value": 500, "currency": "GBP"}, "currency"), ({"currency": "EUR"}, "currency"),
        ({"kind": "fixed", "value": 5, "currency": "EUR", "least": {"USD": 5}}, "currency"),
        ({"products": ("none",)}, "products"), ({"groups": ("none",)}, "groups"),
        ({"plans": ("none",)}, "plans"), ({"months": (0,)}, "months"), ({"periods": 0}, "periods"),
        ({"periods": -1}, "periods"), ({"least": {"EUR": 0}}, "least"), ({"least": {"GBP": 5}}, "least"),
        ({"most_uses": 0}, "most_uses"), ({"most_each": -2}, "most_each"),
    ],
)  # fmt: skip
def test_a_code_that_makes_no_sense_is_not_made(shop: Shop, change: dict[str, Any], field: str) -> None:
    with pytest.raises(BadPromo) as refused:
        made(shop, **change)
    assert refused.value.facts == {"field": field}
    assert not PromoCode.objects.exists()


def test_a_code_that_is_over_before_it_begins_is_not_made(shop: Shop) -> None:
    with pytest.raises(BadPromo):
        made(shop, ends_at=shop.opened_at)


AT_ONCE, LOSERS = 50, 20
"""Orders, each with connections of its own; and how many are enough to lose where nothing is locked."""


ONE_OF_MANY = """\
- slug: many
  name: Many
  products:
"""
ONE = "  - {{slug: p{n}, name: P, driver: manual, plans: [{{slug: monthly, months: 1, prices: {{EUR: 690, USD: 1, VND: 1}}}}]}}\n"


@pytest.fixture
def wide_shop(busy_shop: Shop) -> Shop:
    """A shop of fifty products: orders of one product wait for one another, and would hide what these ask."""
    busy_shop.loads(CATALOGUE + ONE_OF_MANY + "".join(ONE.format(n=n) for n in range(AT_ONCE)))
    return busy_shop


def _carts(shop: Shop, count: int, account: Any = None) -> list[tuple[CartId, Any]]:
    """Carts with the code, of one account or each of another, each with a product of its own."""
    made_carts = [(shop.cart(wish(f"p{n}")), account or shop.customer()) for n in range(count)]
    for cart, _ in made_carts:
        puts(shop, cart)
    return made_carts


def _all_at_once(shop: Shop, carts: list[tuple[CartId, Any]], expected: Money) -> list[object]:
    start = Barrier(len(carts))

    def one(number: int) -> object:
        cart, account = carts[number]
        try:
            connection.ensure_connection()
            start.wait(PATIENCE)
            return place_order(
                shop.looks(), cart=cart, account=account, currency="EUR", expected=expected, once=f"k{number}"
            )
        except (Foreseen, IntegrityError) as refused:
            return refused
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(carts)) as pool:
        return list(pool.map(one, range(len(carts))))


def test_of_fifty_at_once_one_gets_a_code_for_one(wide_shop: Shop) -> None:
    promo = made(wide_shop, most_uses=1)
    answers = _all_at_once(wide_shop, _carts(wide_shop, AT_ONCE), Money(621, EUR))
    assert sum(isinstance(each, Placed) for each in answers) == 1
    assert sum(isinstance(each, PromoGone) for each in answers) == AT_ONCE - 1
    assert (Order.objects.count(), Redemption.objects.count(), promo_use(promo).promo.uses) == (1, 1, 1)


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build whose codes are read without a lock, and whose orders all have read before the first writes."""
    monkeypatch.setattr(reserving.PromoCode.objects, "select_for_update", reserving.PromoCode.objects.all)
    monkeypatch.setattr(reserving, "applied", Together(LOSERS).after(reserving.applied))


def test_without_the_lock_a_code_for_one_each_is_used_more_than_once(wide_shop: Shop, unlocked: None) -> None:
    """What the race below would miss if the lock were not what it tests."""
    made(wide_shop, most_each=1)
    answers = _all_at_once(wide_shop, _carts(wide_shop, LOSERS, wide_shop.customer()), Money(621, EUR))
    assert sum(isinstance(each, Placed) for each in answers) > 1
    assert Redemption.objects.count() > 1


def test_without_the_lock_a_code_for_one_fails_unforeseen_for_the_database_stops_it(
    wide_shop: Shop, unlocked: None
) -> None:
    promo = made(wide_shop, most_uses=1)
    answers = _all_at_once(wide_shop, _carts(wide_shop, LOSERS), Money(621, EUR))
    assert sum(isinstance(each, IntegrityError) for each in answers) > 0
    assert (Redemption.objects.count(), promo_use(promo).promo.uses) == (1, 1)


def test_of_one_account_in_many_tabs_one_order_gets_a_code_for_one_each(wide_shop: Shop) -> None:
    made(wide_shop, most_each=1)
    answers = _all_at_once(wide_shop, _carts(wide_shop, AT_ONCE, wide_shop.customer()), Money(621, EUR))
    assert sum(isinstance(each, Placed) for each in answers) == 1
    assert sum(isinstance(each, PromoUsedBefore) for each in answers) == AT_ONCE - 1
    assert Redemption.objects.count() == 1


def test_a_count_that_goes_past_its_limit_is_stopped_by_the_database_too(shop: Shop) -> None:
    promo, _ = reduced(shop, most_uses=1)
    with pytest.raises(Exception, match="shop_promo_not_over"), transaction.atomic(), connection.cursor() as on:
        on.execute("UPDATE shop_promocode SET uses = uses + 1 WHERE id = %s", [promo])
