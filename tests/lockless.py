"""A build whose rows are not locked, for tests of races: they show first that they are lost without the lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from django.db.models import QuerySet

from hostkeep.runtime import written


@contextmanager
def unlocked() -> Iterator[None]:
    """Take the lock out of every query, of those too that were written before; put it back afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QuerySet, "select_for_update", lambda self, *_, **__: self)
        written._written_objects.cache_clear()
        try:
            yield
        finally:
            written._written_objects.cache_clear()


def all_before(deed: Callable[..., Any], count: int, *, seconds: float = 60) -> Callable[..., Any]:
    """Return a deed that so many threads begin before one of them goes on: each has looked, none has written.

    Only where no lock is between the look and the deed: else the first waits here for those that wait for it.
    """
    start = Barrier(count)

    def waits(*told: Any, **more: Any) -> Any:
        start.wait(seconds)
        return deed(*told, **more)

    return waits
