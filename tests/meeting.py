"""Threads of a test that wait for one another: none is given up before its machine is plainly broken.

A race that is to be lost is not left to chance either: whoever looks waits until the others have looked too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

PATIENCE = 240.0
"""Seconds that a test waits for what must come: a loaded machine is slow, and what never comes fails all the same."""


def until(is_so: Callable[[], object]) -> None:
    """Wait for what must come.  Raises AssertionError where it does not."""
    last = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < last, "waited in vain"
        time.sleep(0.02)


class Together:
    """So many who must have looked before any of them goes on; who comes later goes on at once.

    Raises BrokenBarrierError in who waited in vain.
    """

    def __init__(self, many: int) -> None:
        self._many, self._gate, self._come = many, threading.Barrier(many), count()

    def _meet(self) -> None:
        if next(self._come) < self._many:
            self._gate.wait(PATIENCE)

    def after(self, look: Callable[..., Any]) -> Callable[..., Any]:
        """What a look found is acted on when all have looked."""

        def looked(*args: Any, **said: Any) -> Any:
            found = look(*args, **said)
            self._meet()
            return found

        return looked

    def before(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        """A deed is done when all have come to it."""

        def done(*args: Any, **said: Any) -> Any:
            self._meet()
            return deed(*args, **said)

        return done
