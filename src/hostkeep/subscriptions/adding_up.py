"""Adding up readings that are past their term before their month is billed: the sum stays, the times go."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from hostkeep.kernel.ids import BrandId
from hostkeep.subscriptions.holding import held as held_subscription
from hostkeep.subscriptions.models import Metered, Reading
from hostkeep.subscriptions.queries.metering import end_of_unbilled


def add_up(brand: BrandId, *, cut: datetime, held: Collection[UUID], most: int) -> int:
    """Add readings taken before a time to the sums of their meters, and delete them; return how many.

    held  people whose readings stay
    Under the lock that billing takes, so a reading is billed by itself or in the sum and never twice.  Those
    of a later month than the one that is billed next wait for it.
    """
    waiting = Reading.objects.filter(
        use=None, taken_at__lt=cut, ends_at__lt=cut, metered__subscription__brand=brand
    ).exclude(metered__subscription__subject__in=list(held))
    done = 0
    for metered in waiting.order_by("metered").values_list("metered", flat=True).distinct()[: max(0, most)]:
        with transaction.atomic():
            done += _add_up(metered, brand, cut, most - done)
        if done >= most:
            break
    return done


def _add_up(metered: UUID, brand: BrandId, cut: datetime, most: int) -> int:
    """Add up one meter's."""
    meter = Metered.objects.select_related("subscription").get(id=metered)
    row = held_subscription(meter.subscription_id, brand=brand)
    end = end_of_unbilled(row, meter)
    old = Reading.objects.select_for_update().filter(
        metered=metered, use=None, taken_at__lt=cut, ends_at__lt=cut, ends_at__lte=end
    )
    found = dict(old.order_by("id").values_list("id", "quantity")[:most])
    Metered.objects.filter(id=metered).update(carried=F("carried") + sum(found.values()))
    return Reading.objects.filter(id__in=list(found)).delete()[0]
