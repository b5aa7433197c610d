"""What promo codes take off: never more than there is, to the last unit, and only where they fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.money import EUR, MILLION, USD, VND, Money, total
from hostkeep.shop.rules.promo import Applied, Customer, Promo, Wanted, apply, each_of, normal, part_of

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
TENTH = Promo(
    UUID(int=1), "TENTH", {"en": "Ten off"}, "percent", 100_000, "", (), (), (), (), 1, {}, None, None,
    False, AT, None, None, 0,
)  # fmt: skip
FIVE = replace(TENTH, code="FIVE", kind="fixed", value=500, currency="EUR")
NEW = Customer(0, is_new=True)


def line(each_: int, quantity: int = 1, **said: object) -> Wanted:
    return replace(Wanted("servers", "one", "monthly", 1, Money(each_, EUR), quantity), **said)  # type: ignore[arg-type]


def used(promo: Promo, *lines: Wanted, at: datetime = AT, customer: Customer | None = NEW) -> Applied:
    due = total([each.whole for each in lines], lines[0].each.currency)
    return apply(promo, lines, due=due, at=at, customer=customer)


def minors(applied: Applied) -> list[int]:
    return [amount.minor for amount in applied.discounts]


amounts = st.integers(0, 10**9)
lines = st.lists(st.builds(line, amounts, st.integers(1, 20)), min_size=1, max_size=30)


@given(lines, st.integers(1, MILLION))
def test_a_part_takes_no_more_than_there_is_and_the_same_of_each_piece(of: list[Wanted], rate: int) -> None:
    applied = used(replace(TENTH, value=rate), *of)
    for one, off in zip(of, applied.discounts, strict=True):
        assert 0 <= off.minor <= one.whole.minor
        assert set(each_of(off, one.quantity)) <= {part_of(one.each, rate)}


@given(lines, st.integers(1, 10**12))
def test_an_amount_is_taken_once_to_the_last_unit_and_no_more_than_there_is(of: list[Wanted], value: int) -> None:
    applied = used(replace(FIVE, value=value), *of)
    there = sum(one.whole.minor for one in of)
    assert sum(minors(applied)) == min(value, there)
    for one, off in zip(of, applied.discounts, strict=True):
        pieces = each_of(off, one.quantity)
        assert sum(piece.minor for piece in pieces) == off.minor
        assert all(0 <= piece.minor <= one.each.minor for piece in pieces)


@given(lines, st.integers(1, MILLION))
def test_a_part_is_within_half_a_unit_a_piece(of: list[Wanted], rate: int) -> None:
    for one, off in zip(of, used(replace(TENTH, value=rate), *of).discounts, strict=True):
        assert abs(off.minor * MILLION - one.whole.minor * rate) * 2 <= MILLION * one.quantity


@pytest.mark.parametrize(
    ("rate", "each", "off"), [(500_000, 1, 1), (500_000, 3, 2), (333_333, 100, 33), (MILLION, 690, 690), (1, 1, 0)]
)
def test_halves_go_away_from_zero(rate: int, each: int, off: int) -> None:
    assert minors(used(replace(TENTH, value=rate), line(each))) == [off]


def test_an_amount_over_the_whole_takes_the_whole() -> None:
    assert minors(used(FIVE, line(100, 2), line(150))) == [200, 150]


def test_only_lines_that_fit_are_reduced() -> None:
    both = (line(1000), line(3000, product="two", plan="yearly", months=12, group="names"))
    for bound in ({"products": ("two",)}, {"groups": ("names",)}, {"plans": ("yearly",)}, {"months": (12,)}):
        assert minors(used(replace(FIVE, **bound), *both)) == [0, 500]  # type: ignore[arg-type]
    applied = used(replace(FIVE, products=("two",), months=(1,)), *both)
    assert (applied.why, minors(applied)) == ("products", [0, 0])


def test_what_is_free_is_not_made_cheaper() -> None:
    assert used(FIVE, line(0)).why == "products"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"retired_at": AT}, "retired"),
        ({"retired_at": AT + timedelta(seconds=1)}, ""),
        ({"starts_at": AT + timedelta(seconds=1)}, "early"),
        ({"starts_at": AT}, ""),
        ({"ends_at": AT}, "over"),
        ({"ends_at": AT + timedelta(seconds=1)}, ""),
        ({"most_uses": 3, "uses": 3}, "used_up"),
        ({"most_uses": 3, "uses": 2}, ""),
        ({"least": {"EUR": 1001}}, "least"),
        ({"least": {"EUR": 1000}}, ""),
        ({"least": {"USD": 1}}, "currency"),
        ({"kind": "fixed", "currency": "USD"}, "currency"),
        ({"kind": "fixed", "currency": "EUR"}, ""),
    ],
)
def test_a_code_says_why_it_does_not_apply(change: dict[str, object], why: str) -> None:
    applied = used(replace(TENTH, **change), line(1000))  # type: ignore[arg-type]
    assert applied.why == why
    assert (minors(applied) == [0]) == bool(why)


@pytest.mark.parametrize(
    ("change", "customer", "why"),
    [
        ({"new_customers_only": True}, Customer(0, is_new=False), "customers"),
        ({"new_customers_only": True}, NEW, ""),
        ({"new_customers_only": True}, None, ""),
        ({"most_each": 1}, Customer(1, is_new=False), "each"),
        ({"most_each": 2}, Customer(1, is_new=False), ""),
        ({"most_each": 1}, None, ""),
    ],
)
def test_who_may_use_a_code(change: dict[str, object], customer: Customer | None, why: str) -> None:
    assert used(replace(TENTH, **change), line(1000), customer=customer).why == why  # type: ignore[arg-type]


def test_a_currency_without_small_units_is_shared_whole() -> None:
    of = [line(0, each=Money(100_001, VND)), line(0, each=Money(1, VND)), line(0, each=Money(50_000, VND))]
    assert sum(minors(used(replace(FIVE, currency="VND", value=99_999), *of))) == 99_999


def test_one_currency_is_not_taken_for_another() -> None:
    assert used(FIVE, line(0, each=Money(1000, USD))).why == "currency"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (" spring-26 ", "SPRING-26"), ("a1b", "A1B"), ("ab", ""), ("-abc", ""), ("a b c", ""), ("A" * 40, "A" * 40),
        ("A" * 41, ""), ("ÄBC", ""), ("x" * 10_000, ""), ("", ""), ("ＡＢＣ", ""), ("ab\x00c", ""),
    ],
)  # fmt: skip
def test_what_a_code_looks_like(typed: str, code: str) -> None:
    assert normal(typed) == code
