"""The holds of a brand that stand or wait, for the staff who answer for them."""

from __future__ import annotations

from hostkeep.kernel.act import Act
from hostkeep.vault.holds import HoldRow, may_hold, row_of_hold
from hostkeep.vault.models import Hold
from hostkeep.vault.wall import opened


def open_holds(act: Act) -> tuple[HoldRow, ...]:
    """Return every hold of act.brand that has not ended, the next to be reviewed first.

    Nobody but who may open holds sees any.
    """
    if not may_hold(act):
        return ()
    with opened():
        found = list(Hold.objects.filter(brand=act.brand, ended_at=None).order_by("review_at", "id"))
    return tuple(row_of_hold(row, act.at) for row in found)
