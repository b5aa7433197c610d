"""What a subscription comes to in a month, and what of it came or went.

A year is twelve months, 365 days or 8,760 hours: every brand and term is brought to the same measure, so a
figure is no invoice's sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from hostkeep.kernel.money import Currency

A_YEAR: Mapping[str, int] = MappingProxyType({"hour": 8760, "day": 365, "month": 12, "year": 1})
"""How many of a unit make a year."""


class Kind(StrEnum):
    """What happened to recurring revenue.

    new          a subscription began to be paid for
    expansion    one comes to more a month than before
    contraction  one comes to less
    churn        one ended
    """

    NEW = "new"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    CHURN = "churn"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a subscription came to a month when it was looked at.  minor: in the currency's smallest unit."""

    minor: int
    currency: Currency


@dataclass(frozen=True, slots=True)
class Moved:
    """A subscription that comes to something else than when it was last looked at.

    before, after  None: it was, or is, not paid for
    """

    subscription: UUID
    kind: Kind
    before: Seen | None
    after: Seen | None

    @property
    def seen(self) -> Seen:
        """Its newest known standing."""
        if self.after is not None:
            return self.after
        if self.before is None:
            raise ValueError("a move between nothing and nothing")
        return self.before

    @property
    def minor(self) -> int:
        """What recurring revenue grew by, or shrank by if negative."""
        return (self.after.minor if self.after else 0) - (self.before.minor if self.before else 0)

    @property
    def count(self) -> int:
        """How many subscriptions more there are."""
        return int(self.after is not None) - int(self.before is not None)


def a_month(minor: int, *, unit: str, count: int) -> int:
    """Return what a price for a term comes to in a month, halves up.

    minor  >= 0, for `count` units: 1 month, 3 years, 1 hour
    """
    times, share = minor * A_YEAR[unit], 12 * count
    return (2 * times + share) // (2 * share)


def moved(subscription: UUID, before: Seen | None, after: Seen | None) -> tuple[Moved, ...]:
    """Return what happened between two looks: nothing, a move, or an end and a beginning elsewhere.

    Elsewhere is another currency: money of two is never one move.
    """
    if before == after:
        return ()
    if before is None:
        return (Moved(subscription, Kind.NEW, None, after),)
    if after is None:
        return (Moved(subscription, Kind.CHURN, before, None),)
    if before.currency != after.currency:
        return (*moved(subscription, before, None), *moved(subscription, None, after))
    kind = Kind.EXPANSION if after.minor > before.minor else Kind.CONTRACTION
    return (Moved(subscription, kind, before, after),)
