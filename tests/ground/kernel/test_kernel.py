"""Money, sealed values, periods."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.money import EUR, USD, VND, MixedCurrencies, Money, halves_away, total
from hostkeep.kernel.period import Period, months_after

weights = st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any)
minors = st.integers(-(10**12), 10**12)


@given(minors, weights)
def test_a_share_loses_nothing(minor: int, parts: list[int]) -> None:
    amount = Money(minor, EUR)
    assert total(amount.share(parts), EUR) == amount


@given(minors, weights)
def test_a_share_is_within_one_unit_of_fair(minor: int, parts: list[int]) -> None:
    for got, w in zip(Money(minor, EUR).share(parts), parts, strict=True):
        assert abs(got.minor * sum(parts) - minor * w) < sum(parts)


@pytest.mark.parametrize(("n", "d", "out"), [(1, 2, 1), (-1, 2, -1), (3, 2, 2), (-3, 2, -2), (1, 3, 0), (5, 3, 2), (0, 7, 0)])
def test_halves_go_away_from_zero(n: int, d: int, out: int) -> None:
    assert halves_away(n, d) == out


@given(st.integers(0, 10**10), st.integers(0, 400_000))
def test_tax_within_and_tax_on_agree(net: int, rate: int) -> None:
    on = Money(net, EUR).tax(rate)
    gross = Money(net, EUR) + on
    assert abs(gross.tax_within(rate).minor - on.minor) <= 1


@given(minors, minors)
def test_money_adds_and_takes_away(a: int, b: int) -> None:
    assert Money(a, VND) + Money(b, VND) - Money(b, VND) == Money(a, VND)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MixedCurrencies):
        Money(1, EUR) + Money(1, USD)


def test_months_end_where_the_month_ends() -> None:
    at = datetime(2026, 1, 31, 9, tzinfo=UTC)
    assert months_after(at, 1) == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert months_after(at, 25) == datetime(2028, 2, 29, 9, tzinfo=UTC)


def test_a_period_is_half_open() -> None:
    span = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    assert span.start in span
    assert span.end not in span
    with pytest.raises(ValueError, match="ends before"):
        Period(span.end, span.start)
