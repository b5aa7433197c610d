"""Price changes, and whom they may touch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Money, money
from hostkeep.subscriptions.errors import NoSuchChange
from hostkeep.subscriptions.models import PriceChange, Subscription
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, frozen
from hostkeep.subscriptions.rules.states import State


@dataclass(frozen=True, slots=True)
class PriceChangeRow:
    """A price change.

    each    for a whole term, as the brand's prices are; of an add-on: one piece
    add_on  slug of the add-on beside the plan that it is for; empty: for the plan itself
    """

    id: UUID
    brand: BrandId
    product: str
    plan: str
    each: Money
    announced_at: datetime
    effective_at: datetime
    withdrawn_at: datetime | None
    add_on: str = ""

    def state(self, at: datetime) -> str:
        """Say where it stands at a moment: "announced", "effective" or "withdrawn"."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "effective" if self.effective_at <= at else "announced"


def price_changes(brand: BrandId | None, *, first: int = 200) -> tuple[PriceChangeRow, ...]:
    """Return the price changes of a brand, or of all for None, the last announced first.  One query."""
    found = PriceChange.objects.all() if brand is None else PriceChange.objects.filter(brand=brand)
    return tuple(_frozen(row) for row in found.order_by("-announced_at", "id")[:first])


def price_change(change: UUID) -> PriceChangeRow:
    """Return one price change.  Raises NoSuchChange."""
    row = PriceChange.objects.filter(id=change).first()
    if row is None:
        raise NoSuchChange
    return _frozen(row)


def going_on(
    brand: BrandId, *, before: datetime, currency: str, last: UUID | None, most: int
) -> tuple[SubscriptionRow, ...]:
    """Return subscriptions of a brand that go on and were opened before a time, in the order of their ids.

    last  the id after which to go on, or None to begin
    """
    found = Subscription.objects.filter(
        brand=brand, created_at__lt=before, currency=currency,
        state__in=[State.WAITING.value, State.TRIAL.value, State.ACTIVE.value],
    )  # fmt: skip
    if last is not None:
        found = found.filter(id__gt=last)
    return tuple(frozen(row) for row in found.order_by("id")[:most])


def _frozen(row: PriceChange) -> PriceChangeRow:
    """Freeze a price change."""
    return PriceChangeRow(
        row.id, BrandId(row.brand), row.product, row.plan, money(row.minor, row.currency), row.announced_at,
        row.effective_at, row.withdrawn_at, row.add_on,
    )  # fmt: skip
