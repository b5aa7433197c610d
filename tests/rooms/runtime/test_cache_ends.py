"""Entries of the shared cache that are over are deleted by the sweeper; the cache itself only stops reading them."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.db import connection

from hostkeep.runtime import clock, kept
from tests.conftest import make_act

STORE = next(store for store in kept.STORES if store.name == "runtime.cache")


def rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM runtime_cache")
        return int(cursor.fetchone()[0])


def test_what_is_over_goes_and_what_counts_stays(db: None) -> None:
    cache.set("login:a", [1.0], timeout=60)
    cache.set("login:b", [1.0], timeout=3_600)
    later = clock.now() + timedelta(minutes=5)
    assert rows() == 2
    assert STORE.list_due(clock.now()) == 0
    assert STORE.list_due(later) == 1

    assert STORE.erase(make_act(at=later), 100) == 1

    assert STORE.list_due(later) == 0
    assert rows() == 1
    assert cache.get("login:b") == [1.0]


def test_a_clock_that_was_moved_ends_nothing_before_its_time(db: None) -> None:
    cache.set("login:a", [1.0], timeout=3_600)
    clock.advance(timedelta(days=1))

    assert STORE.list_due(clock.now()) == 0
    assert STORE.erase(make_act(at=clock.now()), 100) == 0
    assert rows() == 1
