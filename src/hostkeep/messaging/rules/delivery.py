"""What a mail goes through between the queue and the other side."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Where a mail stands.  The last three are final."""

    QUEUED = "queued"
    HANDING_OVER = "handing_over"
    DEFERRED = "deferred"
    SENT = "sent"
    BOUNCED = "bounced"
    REFUSED = "refused"


FINAL = frozenset({State.SENT, State.BOUNCED, State.REFUSED})

LEASE = timedelta(minutes=15)
"""How long a hand-over may take before another worker picks the mail up.

Longer than the mailer's own time-outs together; a worker that died in between is found out after it.
"""

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)

WAITS = (
    _MINUTE,
    5 * _MINUTE,
    30 * _MINUTE,
    2 * _HOUR,
    4 * _HOUR,
    8 * _HOUR,
    16 * _HOUR,
    24 * _HOUR,
    48 * _HOUR,
)
"""How long to wait after each attempt; in sum a little over four days.

Source: RFC 5321 section 4.5.4.1: give up after four to five days; try twice in the first hour.
"""

STEPS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.QUEUED: frozenset({State.HANDING_OVER, State.REFUSED}),
        State.HANDING_OVER: frozenset({State.SENT, State.DEFERRED, State.BOUNCED, State.QUEUED}),
        State.DEFERRED: frozenset({State.QUEUED, State.REFUSED}),
        State.SENT: frozenset(),
        State.BOUNCED: frozenset(),
        State.REFUSED: frozenset(),
    }
)
"""The whole life.  HANDING_OVER goes back to QUEUED when its lease ran out."""


def next_try(attempts: int, at: datetime) -> datetime | None:
    """Return when to try again after so many attempts, or None to give up.

    attempts  how often it was tried, the last one included; at least 1
    """
    if attempts > len(WAITS):
        return None
    return at + WAITS[attempts - 1]


def may_become(state: State, to: State) -> bool:
    """Say whether a mail in one state may go to another."""
    return to in STEPS[state]
