"""What the shop holds of an account besides its orders, for its owner: their page and their copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import Money, money
from hostkeep.runtime.counting import Rows, Tally, tallies_of
from hostkeep.shop.models import Cart, Order, Receipt, Redemption


@dataclass(frozen=True, slots=True)
class CartHeld:
    """A cart, without its lines.  code: the promo code that was put in, or empty."""

    currency: str
    code: str
    opened_at: datetime
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class ReceiptHeld:
    """A browser that may look at an order by a token of its own.  order: its number."""

    order: str
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class RedemptionHeld:
    """One use of a promo code.

    order   the number of what it was used for
    state   "reserved", "committed" or "released"; reason: why it was released, or empty
    """

    code: str
    order: str
    state: str
    reason: str
    discount: Money
    reserved_at: datetime
    committed_at: datetime | None
    released_at: datetime | None


def carts_of(account: AccountId, *, first: int) -> tuple[CartHeld, ...]:
    """Return an account's carts.  One query."""
    rows = Cart.objects.filter(account_id=account).select_related("promo").order_by("-touched_at", "-id")
    return tuple(
        CartHeld(row.currency, row.promo.code if row.promo else "", row.opened_at, row.touched_at)
        for row in rows[:first]
    )


def receipts_of(account: AccountId, *, first: int) -> tuple[ReceiptHeld, ...]:
    """Return which orders of an account a browser may look at, newest first.  One query."""
    rows = Receipt.objects.filter(order__account_id=account).order_by("-kept_at", "-id")
    return tuple(ReceiptHeld(_number(row.order_id), row.kept_at) for row in rows[:first])


def redemptions_of(account: AccountId, *, first: int) -> tuple[RedemptionHeld, ...]:
    """Return which promo codes an account used, newest first.  One query."""
    rows = Redemption.objects.filter(account=account).select_related("promo", "order")
    return tuple(
        RedemptionHeld(
            row.promo.code, _number(row.order_id), row.state, row.reason,
            money(row.discount_minor, row.order.currency), row.reserved_at, row.committed_at, row.released_at,
        )
        for row in rows.order_by("-reserved_at", "-id")[:first]
    )  # fmt: skip


def counts_of(account: AccountId) -> Mapping[str, Tally]:
    """Return how many rows of an account each table holds, and since when.  One query."""
    return tallies_of(_counted, account)


def _counted(account: AccountId) -> Rows:
    """Return what is counted."""
    own = {"account_id": account}
    return {
        "shop_order": (Order.objects.filter(**own), "placed_at"),
        "shop_cart": (Cart.objects.filter(**own), "opened_at"),
        "shop_receipt": (Receipt.objects.filter(order__account_id=account), "kept_at"),
        "shop_redemption": (Redemption.objects.filter(account=account), "reserved_at"),
    }


def _number(order: UUID) -> str:
    """Return what people call an order, as OrderRow.number does."""
    return str(order)[:8].upper()
