"""What is done for all promises at once: sweeping, practising a restore, rolling keys, signing the book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.audit import checkpoints
from hostkeep.promises import lateness
from hostkeep.vault import drills, rolling
from hostkeep.vault.drills import Drill


@dataclass(frozen=True, slots=True)
class Upkeep:
    """When each was done last, or None before the first time.

    drill    a backup was restored for practice, and whether what was erased stayed erased in it
    swept    everything past its time was let go
    signed   a checkpoint over the audit book; entries: how many it covers
    keys     the keys in use began then: what was erased before opens in no backup from before
    scanned  columns, jobs, mails and logs were looked at for values in clear
    tried    the probes of the brand that waits longest
    late     names of what was not done for more than lateness.LATE, which the pages mark
    """

    drill: Drill | None
    swept: datetime | None
    signed: datetime | None
    entries: int
    keys: datetime
    scanned: datetime | None
    tried: datetime | None
    late: frozenset[str]


def upkeep(at: datetime) -> Upkeep:
    """Return how the house stands at a time."""
    newest = checkpoints.newest()
    done = {work.name: work.last for work in lateness.works(at)}
    return Upkeep(
        drill=drills.newest(),
        swept=done[lateness.SWEEPER],
        signed=newest.at if newest else None,
        entries=newest.size if newest else 0,
        keys=rolling.begun_at(),
        scanned=done[lateness.SCAN],
        tried=done[lateness.PROBES],
        late=lateness.late_works(at),
    )
