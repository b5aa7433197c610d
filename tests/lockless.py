"""A build whose rows are not locked, for tests of races: they show first that they are lost without the lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
