"""Deliveries that were given up: what they are, and putting one back on its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime.models import Delivery
from hostkeep.runtime.outbox import defer_delivery


class NotParked(Foreseen):
    """No such delivery, or it is on its way or done."""

    code = "runtime.delivery.not_parked"
    title = gettext_noop("This delivery is not parked; somebody may have put it back already.")
    status = 409


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A delivery that was given up.

    event     name of the event's class
    handler   module and name of what it goes to
    code      why it failed last: a refusal's code or the name of an exception
    attempts  how often it was tried
    at        when the event happened
    """

    id: UUID
    event: str
    handler: str
    brand: BrandId
    code: str
    attempts: int
    at: datetime


def parked(*, first: int = 100) -> tuple[ParkedRow, ...]:
    """Return parked deliveries of all brands, oldest first.  One query."""
    found = _parked().select_related("event").order_by("event__at", "id")[:first]
    return tuple(_row(delivery) for delivery in found)


def parked_count() -> int:
    """Return how many deliveries are parked, over all brands.  One query."""
    return _parked().count()


def parked_by_brand() -> Mapping[BrandId, int]:
    """Return how many deliveries are parked in each brand that has some.  One query."""
    counts = _parked().values_list("event__brand").annotate(count=Count("id")).order_by()
    return {BrandId(brand): count for brand, count in counts}


def put_back(delivery: UUID) -> ParkedRow:
    """Put a parked delivery on its way again, its attempts counted anew; return it as it stood.

    Belongs into a recorded deed: flows.retrying.  Raises NotParked.
    """
    row = _parked().select_related("event").select_for_update(of=("self",)).filter(id=delivery).first()
    if row is None:
        raise NotParked
    stood = _row(row)
    row.state, row.attempts = Delivery.WAITING, 0
    row.save(update_fields=["state", "attempts"])
    defer_delivery(row.id, 0)
    return stood


def _parked() -> QuerySet[Delivery]:
    """Deliveries that were given up."""
    return Delivery.objects.filter(state=Delivery.PARKED)


def _row(delivery: Delivery) -> ParkedRow:
    """Freeze a delivery."""
    event = delivery.event
    return ParkedRow(
        id=delivery.id,
        event=event.kind,
        handler=delivery.handler,
        brand=BrandId(event.brand),
        code=delivery.last_code,
        attempts=delivery.attempts,
        at=event.at,
    )
