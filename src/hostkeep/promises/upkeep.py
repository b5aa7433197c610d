"""What is done for all promises at once: sweeping, practising a restore, rolling keys, signing the book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.audit import checkpoints
from hostkeep.flows import sweeping
from hostkeep.vault import drills, rolling
from hostkeep.vault.drills import Drill


@dataclass(frozen=True, slots=True)
class Upkeep:
    """When each was done last, or None before the first time.

    drill    a backup was restored for practice, and whether what was erased stayed erased in it
    swept    everything past its time was let go
    signed   a checkpoint over the audit book; entries: how many it covers
    keys     the keys in use began then: what was erased before opens in no backup from before
    """

    drill: Drill | None
    swept: datetime | None
    signed: datetime | None
    entries: int
    keys: datetime


def upkeep() -> Upkeep:
    """Return how the house stands."""
    newest = checkpoints.newest()
    return Upkeep(
        drill=drills.newest(),
        swept=sweeping.last_run(),
        signed=newest.at if newest else None,
        entries=newest.size if newest else 0,
        keys=rolling.begun_at(),
    )
