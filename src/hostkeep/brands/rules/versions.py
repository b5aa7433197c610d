"""The life of a version: draft, announced, in force, superseded.  Nothing but time moves it on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class State(StrEnum):
    """Where a version stands.  A draft has no number yet and is kept apart."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


class Dated(Protocol):
    """A version with its number and the moment from which it applies."""

    @property
    def version(self) -> int:
        """Its number, counted from 1."""
        ...

    @property
    def effective_at(self) -> datetime:
        """From when it applies."""
        ...


def in_force(versions: Sequence[Dated], at: datetime) -> int:
    """Return the number of the version in force: the newest whose day has come; 0 if there is none."""
    return max((row.version for row in versions if row.effective_at <= at), default=0)


def state_of(row: Dated, versions: Sequence[Dated], at: datetime) -> State:
    """Say where a version stands among all of its brand.

    A version is superseded as soon as a newer one is in force, even if its own day never came.
    """
    current = in_force(versions, at)
    if row.version == current:
        return State.IN_FORCE
    return State.ANNOUNCED if row.version > current else State.SUPERSEDED
