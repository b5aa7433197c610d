"""Call-backs that were given up, put back for a worker by hand."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.billing.errors.payments import NoSuchNotice
from hostkeep.billing.models import GatewayNotice
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref


@dataclass(frozen=True, slots=True)
class Retaken:
    """A call-back that waits for a worker again."""

    id: UUID
    brand: BrandId

    @property
    def ref(self) -> Ref:
        """The call-back."""
        return Ref("billing.notice", self.id)


@recorded("billing.notice.put_back")
def put_back_notice(act: Act, *, notice: UUID) -> Retaken:
    """Let a worker try a parked call-back again, with as many tries as a new one.

    What follows is keyed by what it speaks of, so nothing is done twice.  Of money that went back without us
    nothing follows by itself: that a person has seen to it is written down.  Raises NoSuchNotice.
    """
    row = GatewayNotice.objects.select_for_update().filter(id=notice, brand=act.brand, state="parked").first()
    if row is None:
        raise NoSuchNotice
    if row.about == "returned":
        row.state = "done"
    else:
        row.state, row.attempts = "new", 0
    row.save(update_fields=["state", "attempts"])
    return Retaken(row.id, BrandId(row.brand))
