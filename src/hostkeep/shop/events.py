"""What the shop tells the floors above."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.kernel.ids import AccountId, OrderId


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """A cart became an order.  order: the new order.  account: who ordered."""

    order: OrderId
    account: AccountId
