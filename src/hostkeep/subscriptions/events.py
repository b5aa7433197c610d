"""What subscriptions tell the house, after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.kernel.ids import AccountId, ServiceId


@dataclass(frozen=True, slots=True)
class SubscriptionEnding:
    """A subscription will end at a time that is set; until then its service runs."""

    subscription: UUID
    service: ServiceId
    account: AccountId


@dataclass(frozen=True, slots=True)
class SubscriptionEnded:
    """A subscription is over: its service may be ended."""

    subscription: UUID
    service: ServiceId
    account: AccountId


@dataclass(frozen=True, slots=True)
class SubscriptionChanged:
    """A subscription has another plan, choice or add-on: its service is to be made so."""

    subscription: UUID
    service: ServiceId
    account: AccountId


@dataclass(frozen=True, slots=True)
class PriceAnnounced:
    """A plan gets another price for those who have it; they are to be told."""

    change: UUID


@dataclass(frozen=True, slots=True)
class LimitReached:
    """A limit that its owner set to a meter was reached in a period, for the first time in it."""

    alert: UUID
    account: AccountId
