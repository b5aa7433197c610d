"""Twenty issuers in one series: no gap, no double.  And what would happen without the lock."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, connections

from hostkeep.billing import bills
from hostkeep.billing.models import Invoice, Series
from tests.lockless import unlocked
from tests.meeting import PATIENCE, Together
from tests.rooms.billing.making import Buyer

ISSUERS = 20


def numbers_of_twenty() -> list[str]:
    """Each over a connection of its own, all at once; what they got, or "refused"."""
    start = Barrier(ISSUERS)

    def issue(_: int) -> str:
        try:
            connection.ensure_connection()
            start.wait(PATIENCE)
            return Buyer().owes().number
        except DatabaseError:
            return "refused"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(ISSUERS) as issuers:
        return sorted(issuers.map(issue, range(ISSUERS)))


def test_twenty_issuers_leave_no_gap(committed: str) -> None:
    assert numbers_of_twenty() == [f"V6-2026-{count:06d}" for count in range(1, ISSUERS + 1)]
    assert Series.objects.get().last == ISSUERS


def test_without_the_lock_they_take_one_number_and_the_database_refuses_all_but_one(
    committed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even then there is no gap and no double: the constraints stand behind the lock."""
    Buyer().owes()
    monkeypatch.setattr(bills, "lock_series_and", Together(ISSUERS).after(bills.lock_series_and))
    with unlocked():
        numbers = numbers_of_twenty()
    assert numbers.count("refused") == ISSUERS - 1, "the race was won without the lock"
    assert Series.objects.get().last == Invoice.objects.count() == 2
