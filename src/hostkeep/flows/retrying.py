"""Putting back on its way what was given up: an event's delivery to one of its handlers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref
from hostkeep.runtime.parked import put_back


@dataclass(frozen=True, slots=True)
class Retried:
    """A delivery that is tried again.  handler: what it goes to."""

    delivery: UUID
    handler: str

    @property
    def ref(self) -> Ref:
        """The delivery."""
        return Ref("runtime.delivery", self.delivery)


@recorded("runtime.delivery.retried")
def retry_delivery(act: Act, *, delivery: UUID) -> Retried:
    """Try a parked delivery again, by hand.  Its handler is idempotent, so nothing is done twice.

    Writes one job and an audit entry.  Raises runtime.parked.NotParked.
    """
    del act
    return Retried(delivery, put_back(delivery).handler)
