"""Asking gateways what they paid out, and what they hold."""

from __future__ import annotations

from datetime import date
from typing import cast

from hostkeep.drivers.payments import PaymentGateway
from hostkeep.drivers.payouts import PayingOut, PayoutsTold
from hostkeep.runtime.transactions import assert_outside

PAYOUTS = "payouts"


def tells_payouts(gateway: PaymentGateway) -> bool:
    """Say whether a gateway tells what it pays out."""
    return PAYOUTS in gateway.manifest.can


def payouts_of(gateway: PaymentGateway, since: date) -> PayoutsTold:
    """Return a gateway's pay-outs since a day, and what it holds.  Not in a transaction.  Raises NotTold."""
    assert_outside()
    return cast("PayingOut", gateway).payouts(since)
