"""A host that does not answer is left alone for a while: a slow stranger must not hold all our workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

MOST_BREAKS = 5
"""Lines that break in a row before a host rests."""

REST = 30.0
"""Seconds."""


@dataclass(slots=True)
class Breaker:
    """Counts broken lines by host, in this process.  clock: seconds that only go forward."""

    clock: Callable[[], float] = time.monotonic
    _breaks: dict[str, int] = field(default_factory=dict)
    _until: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def rests(self, host: str) -> bool:
        """Say whether a host is left alone now.  After its rest it is tried once; a break rests it again."""
        return self._until.get(host, 0.0) > self.clock()

    def broke(self, host: str) -> None:
        """Note a line that broke."""
        with self._lock:
            self._breaks[host] = self._breaks.get(host, 0) + 1
            if self._breaks[host] >= MOST_BREAKS:
                self._until[host] = self.clock() + REST

    def answered(self, host: str) -> None:
        """Note an answer: the count begins anew."""
        with self._lock:
            self._breaks.pop(host, None)
            self._until.pop(host, None)
