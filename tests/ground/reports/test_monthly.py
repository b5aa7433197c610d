"""What a term comes to in a month, and what moved between two looks."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hostkeep.kernel.money import EUR, USD
from hostkeep.reports.rules.monthly import Kind, Seen, a_month, moved

SUB = uuid4()
SEEN = some.none() | some.builds(Seen, some.integers(0, 10_000), some.sampled_from([EUR, USD]))


@pytest.mark.parametrize(
    ("minor", "unit", "count", "month"),
    [
        (1200, "month", 1, 1200), (3600, "month", 3, 1200), (12_000, "year", 1, 1000), (36_000, "year", 3, 1000),
        (10, "hour", 1, 7300), (100, "day", 1, 3042), (1000, "year", 1, 83), (1006, "year", 1, 84), (0, "month", 1, 0),
    ],
)  # fmt: skip
def test_a_term_is_brought_to_a_month(minor: int, unit: str, count: int, month: int) -> None:
    assert a_month(minor, unit=unit, count=count) == month


@given(SEEN, SEEN)
def test_moves_add_up_to_the_difference_in_each_currency(before, after) -> None:
    moves = moved(SUB, before, after)
    for currency in (EUR, USD):
        was = before.minor if before and before.currency == currency else 0
        now = after.minor if after and after.currency == currency else 0
        assert sum(move.minor for move in moves if move.seen.currency == currency) == now - was
    assert sum(move.count for move in moves) == (after is not None) - (before is not None)


def test_each_move_has_its_name() -> None:
    ten, twelve = Seen(10, EUR), Seen(12, EUR)
    assert [move.kind for move in moved(SUB, None, ten)] == [Kind.NEW]
    assert [move.kind for move in moved(SUB, ten, twelve)] == [Kind.EXPANSION]
    assert [move.kind for move in moved(SUB, twelve, ten)] == [Kind.CONTRACTION]
    assert [move.kind for move in moved(SUB, ten, None)] == [Kind.CHURN]
    assert [move.kind for move in moved(SUB, ten, Seen(10, USD))] == [Kind.CHURN, Kind.NEW]
    assert moved(SUB, ten, ten) == moved(SUB, None, None) == ()
