"""Nothing that was worked out once may hide a mutant."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

_ROOMS = ("hostkeep.policy", "tests.ground.policy")


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    """While mutants are tried, each test works everything out anew: a cache would answer for the mutant."""
    if "MUTANT_UNDER_TEST" in os.environ:
        for name, module in list(sys.modules.items()):
            if name.startswith(_ROOMS):
                _forget(vars(module).values())
    yield


def _forget(things: object) -> None:
    """Empty the caches among some things."""
    for thing in list(things):  # type: ignore[call-overload]
        if callable(getattr(thing, "cache_clear", None)):
            thing.cache_clear()
