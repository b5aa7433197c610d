"""A gateway that tells what tests say of its pay-outs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.manifest import Manifest
from hostkeep.kernel.money import EUR, Money
from hostkeep.drivers.payouts import Holding, NotTold, PaidOut, PayoutsTold


class PaysOut(FakeGateway):
    """told: its pay-outs.  held: what it says it holds.  deaf: whether it does not answer."""

    manifest = Manifest("testpay", 1, can=frozenset({*FakeGateway.manifest.can, "payouts"}))

    def __init__(self) -> None:
        super().__init__()
        self.told: Sequence[PaidOut] = []
        self.held: Sequence[Holding] = [Holding(Money(0, EUR), None)]
        self.deaf = False
        self.asked_since: list[date] = []

    def payouts(self, since: date) -> PayoutsTold:
        self.asked_since.append(since)
        if self.deaf:
            raise NotTold
        return PayoutsTold(self.told, self.held)
