"""What provisioning tells the house, after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.kernel.ids import AccountId, ActionId, ServiceId


@dataclass(frozen=True, slots=True)
class ActionQueued:
    """Work waits for a driver and may be begun."""

    action: ActionId


@dataclass(frozen=True, slots=True)
class ActionParked:
    """Work was given up and needs a person."""

    action: ActionId
    service: ServiceId


@dataclass(frozen=True, slots=True)
class TaskOpened:
    """Work waits for staff."""

    task: UUID


@dataclass(frozen=True, slots=True)
class ServiceActivated:
    """A service runs for the first time and its access data lie ready."""

    service: ServiceId
    account: AccountId


@dataclass(frozen=True, slots=True)
class ServiceSuspended:
    """A service stands still: its driver has stopped it.  What is on it stays."""

    service: ServiceId
    account: AccountId


@dataclass(frozen=True, slots=True)
class ServiceResumed:
    """A service that stood still runs again."""

    service: ServiceId
    account: AccountId


@dataclass(frozen=True, slots=True)
class ServiceClosed:
    """A service is gone, with its content and its secrets."""

    service: ServiceId
    account: AccountId
