"""The life of a service, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hostkeep.provisioning.errors import NoSuchStep


class State(StrEnum):
    """Where a service stands."""

    ORDERED = "ordered"
    BUILDING = "building"
    FAILED = "failed"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSING = "closing"
    CLOSED = "closed"


class Step(StrEnum):
    """What may happen to it.  A step that a driver must make true is taken when the driver has answered."""

    PAID = "paid"
    BUILT = "built"
    BROKE = "broke"
    RETRIED = "retried"
    OVERDUE = "overdue"
    SETTLED = "settled"
    CANCEL = "cancel"
    WIPED = "wiped"


TABLE: Mapping[tuple[State, Step], State] = MappingProxyType(
    {
        (State.ORDERED, Step.PAID): State.BUILDING,
        (State.ORDERED, Step.CANCEL): State.CLOSED,
        (State.BUILDING, Step.BUILT): State.ACTIVE,
        (State.BUILDING, Step.BROKE): State.FAILED,
        (State.BUILDING, Step.CANCEL): State.CLOSING,
        (State.FAILED, Step.RETRIED): State.BUILDING,
        (State.FAILED, Step.CANCEL): State.CLOSING,
        (State.ACTIVE, Step.OVERDUE): State.SUSPENDED,
        (State.ACTIVE, Step.CANCEL): State.CLOSING,
        (State.SUSPENDED, Step.SETTLED): State.ACTIVE,
        (State.SUSPENDED, Step.CANCEL): State.CLOSING,
        (State.CLOSING, Step.WIPED): State.CLOSED,
    }
)


def after(state: State, step: Step) -> State:
    """Return where a service in `state` stands after `step`.  Raises NoSuchStep."""
    try:
        return TABLE[state, step]
    except KeyError:
        raise NoSuchStep(state=state, step=step) from None
