"""Rolling the keys when it is time, by a job of its own."""

from __future__ import annotations

from hostkeep.kernel.act import Act
from hostkeep.runtime import jobs
from hostkeep.vault import rolling

ERRAND = "keys.roll"
DUE = "due"


def send_due(act: Act) -> int:
    """Let a worker roll the keys where the epoch has lived its time; return 1 where one was sent for it."""
    return int(rolling.is_due(act) and jobs.send(ERRAND, DUE))


def run(act: Act, about: str) -> int:
    """Roll the keys, unless somebody did meanwhile; return how many epochs ended."""
    if about == DUE and not rolling.is_due(act):
        return 0
    return len(rolling.roll(act).ended)
