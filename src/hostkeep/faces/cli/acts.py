"""Acts of the command line."""

from __future__ import annotations

import secrets

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, ActorId, BrandId, PurposeId
from hostkeep.runtime import clock


def act_of_operator(*, brand: BrandId = OPERATOR, purpose: str = "site_administration") -> Act:
    """Return the act of whoever runs a command on the machine: the operator."""
    return Act(
        ActorId("cli"),
        "owner",
        PurposeId(purpose),
        clock.now(),
        f"cli-{secrets.token_hex(6)}",
        brand,
        channel="staff",
    )
