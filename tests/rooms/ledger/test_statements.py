"""What moved an account, read no further than asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hostkeep.ledger import book, statements
from tests.conftest import NOON, make_act
from tests.rooms.ledger.test_balances import ABOUT, pair

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def five() -> list[int]:
    """Five entries, a minute apart; what each moves."""
    for n in range(1, 6):
        book.post(make_act(at=NOON + timedelta(minutes=n)), key=f"k{n}", about=ABOUT, postings=pair(n))
    return [1, 2, 3, 4, 5]


def moved(most: int | None = None) -> list[int]:
    lines = statements.moved_between(["receivable:a"], since=NOON, until=NOON + DAY, most=most)
    return [line.moved["receivable:a"].minor for line in lines]


def test_all_is_read_in_the_books_order(five: list[int]) -> None:
    assert moved() == moved(most=5) == moved(most=9) == five


@pytest.mark.parametrize("most", [1, 2, 4])
def test_of_more_than_is_asked_for_no_more_is_read_than_tells_so(five: list[int], most: int) -> None:
    assert moved(most) == five[: most + 1]
