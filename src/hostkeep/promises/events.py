"""What the promise ledger tells."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AlarmOpened:
    """Something needs a person."""

    alarm: UUID


@dataclass(frozen=True, slots=True)
class AlarmClosed:
    """It no longer does."""

    alarm: UUID
