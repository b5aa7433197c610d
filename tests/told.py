"""Rows with sealed columns, opened for a test to look at."""

from __future__ import annotations

from typing import TypeVar

from hostkeep.runtime import clock
from hostkeep.vault.column_door import Closed, open_columns
from tests.conftest import make_act

T = TypeVar("T")

PURPOSES = {"cart": "cart", "chosen_service": "service", "invoice_party": "billing"}


def told(row: Closed[T]) -> T:
    """A row as the system itself would see it."""
    (sealed,) = open_columns(_act(row), wishes=[row.wish])
    assert sealed is not None, "it was erased"
    return sealed.open()


def is_erased(row: Closed[T]) -> bool:
    """Whether nothing of it opens any more."""
    return open_columns(_act(row), wishes=[row.wish]) == [None]


def _act(row: Closed[T]):
    return make_act("system", PURPOSES[row.wish.category], brand=row.wish.brand, at=clock.now())
