"""What subscriptions come to, for figures of the business: no account, no person, no title."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Money, money
from hostkeep.runtime.digests import digest_of
from hostkeep.subscriptions.models import Subscription
from hostkeep.subscriptions.rules.states import State

PAYING = (State.ACTIVE.value, State.ENDING.value)
"""States in which it is paid for; a trial is not."""


@dataclass(frozen=True, slots=True)
class PayingRow:
    """A subscription that is paid for.

    price      for `count` of `unit`, as the brand's prices are
    paying_at  since when: the end of its trial, or when its present term began to be counted
    """

    id: UUID
    price: Money
    unit: str
    count: int
    paying_at: datetime


def paying(brand: BrandId, *, after: UUID | None = None, first: int = 1000) -> tuple[PayingRow, ...]:
    """Return a brand's subscriptions that are paid for, by id.  after: the last one seen.  One query."""
    found = Subscription.objects.filter(brand=brand, state__in=PAYING).order_by("id")
    if after is not None:
        found = found.filter(id__gt=after)
    rows = found.values_list("id", "price_minor", "currency", "unit", "count", "trial_to", "anchor_at")
    return tuple(
        PayingRow(name, money(minor, code), unit, count, trial_to or began)
        for name, minor, code, unit, count, trial_to, began in rows[:first]
    )


def paying_digest(brand: BrandId) -> str:
    """Return what changes with what `paying` returns of a brand, but for since when.  One query."""
    return digest_of(
        "subscriptions_subscription", "id, price_minor, currency, unit, count",
        "brand = %(brand)s AND state = ANY(%(paying)s)", {"brand": brand, "paying": list(PAYING)},
    )  # fmt: skip


def ended(found: Sequence[UUID]) -> Mapping[UUID, datetime | None]:
    """Return which of some are not paid for any more, and since when; None: not known.  One query."""
    gone = Subscription.objects.filter(id__in=found).exclude(state__in=PAYING)
    return dict(gone.values_list("id", "ended_at"))
