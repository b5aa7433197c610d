"""An entry adds up, or it is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.money import CURRENCIES, EUR, USD, VND, Currency, Money
from hostkeep.ledger.errors import Unbalanced
from hostkeep.ledger.rules import Leg, check, without_empty

amounts = st.integers(-(10**15), 10**15).filter(bool)


def leg(minor: int, account: str = "sales:vps6", currency: Currency = EUR) -> Leg:
    return Leg(account, Money(minor, currency))


@given(st.lists(amounts, min_size=1, max_size=8), st.sampled_from(sorted(CURRENCIES)))
def test_legs_that_sum_to_zero_pass(minors: list[int], code: str) -> None:
    rest = -sum(minors)
    legs = [leg(m, currency=CURRENCIES[code]) for m in [*minors, rest] if m]
    if len(legs) > 1:
        check(legs)


@given(st.lists(amounts, min_size=2, max_size=8).filter(sum))
def test_legs_that_do_not_sum_to_zero_are_refused(minors: list[int]) -> None:
    with pytest.raises(Unbalanced):
        check([leg(m) for m in minors])


def test_currencies_are_summed_apart() -> None:
    with pytest.raises(Unbalanced):
        check([leg(100, currency=EUR), leg(-100, currency=USD)])
    check([leg(1), leg(-1), leg(5, currency=VND), leg(-5, currency=VND)])


@pytest.mark.parametrize("legs", [[], [leg(0)], [leg(5)], [leg(0), leg(0)], [leg(5), leg(-5), leg(0)]])
def test_too_few_or_empty_legs_are_refused(legs: list[Leg]) -> None:
    with pytest.raises(Unbalanced):
        check(legs)


@pytest.mark.parametrize("account", ["", "x" * 81, "credit:Ånn", "a\nb"])
def test_an_account_code_is_short_and_plain(account: str) -> None:
    with pytest.raises(Unbalanced):
        check([leg(5, account), leg(-5)])


def test_parts_of_nothing_can_be_left_out() -> None:
    assert without_empty([leg(5), leg(0), leg(-5)]) == (leg(5), leg(-5))
