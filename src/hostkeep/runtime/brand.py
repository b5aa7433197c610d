"""The brand of the request or job that is running, for the sealed login field alone.

The one exception to "nothing below a face reads a context variable": a model field cannot be handed an act.
Set by the host middleware and the job runner; a house test counts who reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hostkeep.kernel.ids import OPERATOR, BrandId

_current: ContextVar[BrandId] = ContextVar("hostkeep_brand", default=OPERATOR)


def current() -> BrandId:
    """Return the brand of what is running; the operator's own host has OPERATOR."""
    return _current.get()


@contextmanager
def during(brand: BrandId) -> Iterator[None]:
    """Run what is inside under a brand."""
    token = _current.set(brand)
    try:
        yield
    finally:
        _current.reset(token)
