"""What a payment gateway tells of the money that it passes on to the bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from hostkeep.kernel.money import Money

PayoutState = Literal["under_way", "arrived", "failed"]


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """What one movement at the gateway adds to a pay-out, or takes from it.

    of   the proof of the payment that it is about (of its refund and its dispute too), or of an earlier
         pay-out that came back; empty where it is about neither
    net  minor units that reach the bank, below nothing for what went back
    fee  minor units that the gateway kept besides, in the same currency; without those that a dispute told
    """

    of: str
    net: int
    fee: int = 0


@dataclass(frozen=True, slots=True)
class PaidOut:
    """Money on its way from a gateway to the bank.

    proof       the gateway's own id of it, at most 140 ASCII characters
    amount      what reaches the bank; below nothing where the gateway takes money from there
    arrives_on  the day on which the bank should have it
    state       "under_way", "arrived" as the gateway believes, or "failed": it came back, or was called off
    lines       what it is made of; their nets sum to the amount.  One line of nobody where that is not told
    """

    proof: str
    amount: Money
    arrives_on: date
    state: PayoutState
    lines: tuple[PayoutLine, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """What a gateway says it holds in one currency, after its fees.

    fee  minor units that it kept of that money and that no pay-out has told yet; None where it cannot tell
    """

    amount: Money
    fee: int | None


@dataclass(frozen=True, slots=True)
class PayoutsTold:
    """A gateway's word on its pay-outs, and on what it holds now."""

    payouts: Sequence[PaidOut]
    holdings: Sequence[Holding]


class NotTold(Exception):
    """The gateway did not answer, or said what cannot be.  Its text holds nothing of it."""


class PayingOut(Protocol):
    """What a gateway with "payouts" in its manifest's `can` does besides."""

    def payouts(self, since: date) -> PayoutsTold:
        """Tell the pay-outs made since a day, whatever became of them, and what is held now.

        Nothing moves by it.  Raises NotTold; then nothing of it is known.
        """
        ...
