"""Erasures that do not come to their end: what stands still while the younger go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.vault import replaying
from hostkeep.vault.models import Erasure
from hostkeep.vault.wall import opened

PATIENCE = timedelta(hours=1)
"""For so long an erasure may be under way; one whose process died is taken up by another within minutes."""


class ErasureWaits(Foreseen):
    """The line of an erasure stands in the ledger, and could not be carried out."""

    code = "vault.erasure.waits"
    title = gettext_noop("This erasure could not be completed. It opens for nobody, and is tried again.")
    status = 503


@dataclass(frozen=True, slots=True)
class Stuck:
    """What stands still.

    erasures  certificates whose keys are not destroyed though they were asked for PATIENCE ago
    lines     numbers of lines of the erasure ledger that this database could not carry out
    since     when the oldest of the certificates was asked for; None where there is none
    """

    erasures: int
    lines: tuple[int, ...]
    since: datetime | None

    def __bool__(self) -> bool:
        """Say whether anything stands still."""
        return bool(self.erasures or self.lines)


def stuck(at: datetime) -> Stuck:
    """Return the erasures that stand still at a time."""
    with opened():
        found = Erasure.objects.filter(live_at__isnull=True, asked_at__lt=at - PATIENCE)
        asked = list(found.order_by("asked_at").values_list("asked_at", flat=True))
    return Stuck(len(asked), tuple(sorted(replaying.stuck_lines())), asked[0] if asked else None)
