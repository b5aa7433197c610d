"""Discounts among the parts of what recurs: a part goes with the price, and nothing goes below nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.money import EUR, MILLION, USD, Money
from hostkeep.subscriptions.errors import BadPrice
from hostkeep.subscriptions.rules.agreeing import Agreed, Discount, checked
from hostkeep.subscriptions.rules.projecting import Course, Priced, amounts_of, go_on
from hostkeep.subscriptions.rules.terms import Calendar, Term, following

AT = datetime(2026, 3, 10, 11, tzinfo=UTC)
MONTH = Calendar(AT, "Europe/Amsterdam", Term("month", 1))
ALIGNED = Calendar(AT, "Europe/Amsterdam", Term("month", 1), 1)


def plan(minor: int, quantity: int = 1) -> Priced:
    return Priced("plan", Money(minor, EUR), quantity)


def part(rate: int, said: int = -1, left: int | None = None) -> Priced:
    """A discount that is a part, with what it came to once: a figure that must not be used."""
    return Priced("discount", Money(said, EUR), 1, left, rate)


def amount(minor: int, left: int | None = None) -> Priced:
    return Priced("discount", Money(-minor, EUR), 1, left)


def sums(*parts: Priced, calendar: Calendar = MONTH) -> list[int]:
    found = amounts_of(parts, calendar, following(calendar, AT))
    return [quantity * unit.minor for quantity, unit in found]


def test_a_part_goes_with_the_price_of_the_plan_and_of_nothing_else() -> None:
    add_on = Priced("add_on", Money(300, EUR), 1)
    assert sums(plan(1000), add_on, part(100_000)) == [1000, 300, -100]
    assert sums(plan(2500), add_on, part(100_000)) == [2500, 300, -250]
    assert sums(plan(5), part(500_000)) == [5, -3]


def test_an_amount_stays_and_takes_no_more_than_there_is() -> None:
    assert sums(plan(1000), amount(400)) == [1000, -400]
    assert sums(plan(300), amount(400)) == [300, -300]
    assert sums(plan(300), part(MILLION), amount(400)) == [300, -300, 0]


def test_of_a_period_that_is_cut_short_as_much_of_the_discount_is_given() -> None:
    whole, off = sums(plan(3100), part(100_000), calendar=ALIGNED)
    assert 0 < whole < 3100
    assert abs(off * 10 + whole) <= 10


def test_a_discount_that_holds_for_some_periods_ends_after_them() -> None:
    course = Course(MONTH, (plan(1000), part(100_000, left=2)), AT, AT, timedelta(days=14))
    bills = []
    for _ in range(3):
        billed, course = go_on(course)
        bills.append(sum(quantity * unit.minor for quantity, unit in billed.amounts))
    assert bills == [900, 900, 1000]


@given(st.integers(0, 10**9), st.integers(1, 20), st.integers(1, MILLION), st.integers(0, 10**9))
def test_nothing_goes_below_nothing(minor: int, quantity: int, rate: int, fixed: int) -> None:
    found = sums(plan(minor, quantity), part(rate), amount(fixed))
    assert sum(found) >= 0
    assert all(one <= 0 for one in found[1:])


@pytest.mark.parametrize(
    "discount",
    [
        Discount("-", Money(0, EUR)), Discount("-", Money(-1, EUR)), Discount("-", Money(1001, EUR)),
        Discount("-", Money(1, USD)), Discount("-", Money(1, EUR), MILLION + 1), Discount("-", Money(1, EUR), -1),
        Discount("-", Money(1, EUR), 0, 0),
    ],
)  # fmt: skip
def test_a_discount_that_cannot_be_is_refused(discount: Discount) -> None:
    agreed = Agreed("p", "m", "P", {}, Term("month", 1), Money(1000, EUR), discount=discount)
    with pytest.raises(BadPrice):
        checked(agreed)
