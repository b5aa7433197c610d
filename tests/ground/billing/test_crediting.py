"""Settings of credit, and which invoice gets how much of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hostkeep.billing.rules.crediting import applies_at_issue, demand_settings, read_limits, spread
from hostkeep.billing.rules.refunding import Room, left_of
from hostkeep.kernel.money import EUR, USD, VND, Money


def test_limits_where_a_brand_says_nothing() -> None:
    limits = read_limits({}, EUR)
    assert (limits.least.minor, limits.most.minor, limits.cap.minor) == (500, 50_000, 100_000)
    assert read_limits({}, VND).least == Money(125_000, VND)
    assert applies_at_issue({}) and not applies_at_issue({"credit_applies": "by_hand"})


def test_limits_of_a_brands_own_and_none_at_all() -> None:
    own = {"top_up": {"EUR": {"least": 1000, "most": 1000}}}
    assert read_limits(own, EUR).most.minor == 1000 and read_limits(own, USD).most.minor == 50_000
    assert read_limits({"top_up": False}, EUR) is None
    demand_settings(own, [EUR, USD])
    demand_settings({"top_up": False}, [EUR])


@pytest.mark.parametrize(
    "words",
    [
        {"credit_applies": "sometimes"}, {"top_up": True}, {"top_up": {"EUR": 5}}, {"top_up": {"VND": {}}},
        {"top_up": {"EUR": {"least": 0}}}, {"top_up": {"EUR": {"least": 600_00}}}, {"top_up": {"EUR": {"cap": 1}}},
        {"top_up": {"EUR": {"least": 5.5}}}, {"top_up": {"EUR": {"least": True}}},
    ],
)  # fmt: skip
def test_settings_that_contradict_themselves(words) -> None:
    with pytest.raises(ValueError, match="credit_applies|top_up"):
        demand_settings(words, [EUR])


@given(some.integers(0, 10**9), some.lists(some.integers(0, 10**9), max_size=8))
def test_credit_is_spread_from_the_first_on_and_none_is_left_beside_a_debt(minor: int, owed: list[int]) -> None:
    parts = spread(Money(minor, EUR), [Money(each, EUR) for each in owed])
    taken = sum(part.minor for part in parts)
    assert taken == min(minor, sum(owed))
    assert all(0 <= part.minor <= each for part, each in zip(parts, owed, strict=True))
    open_from = next((n for n, part in enumerate(parts) if part.minor < owed[n]), len(parts))
    assert all(part.minor == 0 for part in parts[open_from + 1 :])


@given(some.integers(1, 10**9), some.integers(0, 10**9), some.integers(0, 10**9), some.integers(0, 10**9))
def test_what_can_go_back_is_never_more_than_either_allows(came: int, back: int, argued: int, credit: int) -> None:
    left = left_of(Money(came, EUR), back=Money(back, EUR), disputed=Money(argued, EUR))
    room = Room(left, Money(credit, EUR))
    assert 0 <= room.now.minor <= credit and room.now.minor <= max(0, left.minor)
    assert room.now.minor + room.wants_note.minor == max(0, left.minor)
