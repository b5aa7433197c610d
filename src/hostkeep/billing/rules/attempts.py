"""An attempt to pay through a gateway, and how it stands after each piece of news."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from hostkeep.drivers.payments import Declined, Outcome, Settled, Unknown, Waiting
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import Money

AttemptState = Literal["waiting", "settled", "declined", "unknown"]

GIVEN_UP = timedelta(days=14)
"""How long an open attempt is asked about each minute; one whose outcome is unknown longer, once a day."""

ON_THE_PAGE = timedelta(minutes=30)
"""How long a payer who was sent to a gateway's page may still be at it."""

ATTEMPT_STATES: tuple[AttemptState, ...] = ("waiting", "settled", "declined", "unknown")

TOLD: Mapping[type, AttemptState] = MappingProxyType({
    Settled: "settled", Waiting: "waiting", Declined: "declined", Unknown: "unknown",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt to pay.

    once    the key to charge under
    amount  what is still owed, to ask for
    number  the invoice's, as the memo
    state   "waiting" or "unknown"; of an unknown one the gateway must be asked, never charged again
    handle  the gateway's own id of what waits, where it told one
    again   whether it was begun before: then the gateway is not asked for money now
    """

    attempt: UUID
    once: str
    gateway: str
    amount: Money
    number: str
    state: AttemptState
    handle: str = ""
    again: bool = False

    @property
    def ref(self) -> Ref:
        """The attempt."""
        return Ref("billing.payment_attempt", self.attempt)


def attempt_after(state: AttemptState, outcome: Outcome) -> AttemptState:
    """Say how an attempt stands after a gateway told its outcome, in whatever order news arrives.

    Money that came stays come.  A refusal that arrives late does not undo it; money that arrives after a
    refusal does count.  Waiting and Unknown change nothing that is decided.
    """
    if state == "settled" or isinstance(outcome, Settled):
        return "settled"
    if state == "declined" and isinstance(outcome, Waiting | Unknown):
        return "declined"
    return TOLD[type(outcome)]
