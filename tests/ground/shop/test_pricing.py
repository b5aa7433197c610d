"""What a line costs, in every currency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.money import EUR, USD, VND, Currency, MixedCurrencies, Money
from hostkeep.kernel.terms import Term
from hostkeep.shop.errors import BadQuantity
from hostkeep.shop.rules.pricing import LEAST, MOST, Extra, PlanPrice, cost_of, read_quantity, sum_of

MINOR = st.integers(0, 10**12)


def term(price: int, currency: Currency = EUR, setup: int = 0, months: int = 1) -> PlanPrice:
    return PlanPrice(Money(price, currency), Money(setup, currency), Term("month", months))


def extra(monthly: int, currency: Currency = EUR, once: int = 0) -> Extra:
    return Extra(Money(monthly, currency), Money(once, currency))


def test_a_plain_line_costs_its_price() -> None:
    cost = cost_of(term(690), (), 1)
    assert (cost.recurring, cost.setup, cost.first) == (Money(690, EUR), Money(0, EUR), Money(690, EUR))


def test_extras_are_paid_by_the_month_and_set_up_once() -> None:
    cost = cost_of(term(12_000, setup=500, months=12), (extra(240), extra(0, once=2500)), 2)
    assert cost.recurring == Money(2 * (12_000 + 12 * 240), EUR)
    assert cost.setup == Money(2 * (500 + 2500), EUR)


def test_dong_have_no_minor_unit() -> None:
    cost = cost_of(term(129_000, VND, months=3), (extra(10_000, VND),), 3)
    assert cost.first == Money(3 * (129_000 + 30_000), VND)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MixedCurrencies):
        cost_of(term(100, EUR), (extra(1, USD),), 1)


@given(MINOR, MINOR, MINOR, MINOR, st.integers(1, 120), st.integers(LEAST, MOST))
def test_many_cost_as_much_as_one_many_times(
    price: int, setup: int, monthly: int, once: int, months: int, quantity: int
) -> None:
    one = cost_of(term(price, USD, setup, months), (extra(monthly, USD, once),), 1)
    many = cost_of(term(price, USD, setup, months), (extra(monthly, USD, once),), quantity)
    assert many.first == one.first.times(quantity)
    assert sum_of([one] * quantity, USD) == many


def test_an_empty_cart_costs_nothing() -> None:
    assert sum_of([], VND).first == Money(0, VND)


@pytest.mark.parametrize("bad", [0, -1, 21, 10**30])
def test_a_quantity_out_of_bounds_is_refused(bad: int) -> None:
    with pytest.raises(BadQuantity) as refused:
        cost_of(term(1), (), bad)
    assert refused.value.facts == {"least": 1, "most": 20}


@pytest.mark.parametrize(
    "typed", ["", " ", "0", "-1", "21", "1.5", "1e1", "two", "٣", "²", "9" * 5000, "1 000", "+2", "0x1", "١"]
)
def test_what_is_no_quantity_is_refused(typed: str) -> None:
    with pytest.raises(BadQuantity):
        read_quantity(typed)


@given(st.text())
def test_any_text_is_a_quantity_or_refused(typed: str) -> None:
    try:
        assert LEAST <= read_quantity(typed) <= MOST
    except BadQuantity:
        pass


@given(st.integers(LEAST, MOST))
def test_a_good_quantity_is_read(quantity: int) -> None:
    assert read_quantity(f" {quantity} ") == quantity
