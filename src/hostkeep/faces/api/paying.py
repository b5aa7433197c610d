"""What came of asking a gateway, as a program reads it."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from ninja import Schema

from hostkeep.drivers.payments import Declined, Settled, Waiting
from hostkeep.flows.paying import Asked

Outcome = Literal["settled", "waiting", "declined", "unknown"]


class Payment(Schema):
    """An attempt to pay.

    outcome  "unknown": the gateway could not be reached, and we go on asking
    visit    where the payer goes to pay, or null where there is no page to visit
    """

    payment: UUID
    outcome: Outcome
    visit: str | None


def shown_payment(asked: Asked) -> Payment:
    """Show an attempt."""
    outcome: Outcome = "unknown"
    visit = None
    match asked.outcome:
        case Settled():
            outcome = "settled"
        case Waiting(visit=page):
            outcome, visit = "waiting", page or None
        case Declined():
            outcome = "declined"
        case _:
            pass
    return Payment(payment=asked.attempt, outcome=outcome, visit=visit)
