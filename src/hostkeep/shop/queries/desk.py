"""Orders as the back office sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from hostkeep.kernel.ids import BrandId
from hostkeep.people.queries import is_canary
from hostkeep.shop.models import Order
from hostkeep.shop.queries.order_rows import OrderRow
from hostkeep.shop.queries.orders import frozen_orders


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some orders, newest first.  total: how many there are in all."""

    rows: tuple[OrderRow, ...]
    total: int


def orders_page(*, brand: BrandId | None = None, first: int = 50, skip: int = 0) -> OrderPage:
    """Return orders of one brand or of all, newest first; a canary's are none.  Four queries.

    first  how many at most; skip: how many newer ones to leave out
    """
    found = _real(Order.objects.filter(brand=brand) if brand else Order.objects.all())
    ids = list(found.order_by("-placed_at", "-id").values_list("id", flat=True)[skip : skip + first])
    return OrderPage(frozen_orders(Order.objects.filter(id__in=ids), first), found.count())


def placed_by_brand(since: datetime) -> Mapping[BrandId, int]:
    """Return how many orders were placed since a time, by brand, canaries' aside.  One query."""
    placed = _real(Order.objects.filter(placed_at__gte=since))
    counts = placed.values_list("brand").annotate(count=Count("id"))
    return {BrandId(brand): count for brand, count in counts.order_by()}


def _real(found: QuerySet[Order]) -> QuerySet[Order]:
    """Leave out what canaries ordered."""
    return found.exclude(is_canary("account_id"))
