"""Reconciling: what the ledger stands at beside what documents, payments and credit come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from hostkeep.kernel.money import Money, money

What = Literal[
    "receivable", "credit", "gateway", "refunding", "disputed", "chargebacks", "fees", "unmatched", "sales",
    "tax", "gifts", "unused", "in_transit", "entry", "snapshot", "holding", "payout", "not_given",
]  # fmt: skip
"""What can be out.

"receivable", "credit": an account's.  "gateway": money at one gateway.  "entry", "snapshot": the ledger
itself does not add up.  "holding": what a gateway says it holds.  "payout": one that cannot be booked, for it
cannot be parted among brands, or is told otherwise than before.  "not_given": what an account was to have
back and no line had any more; a person settles it.  The others are a brand's account codes of
that name in rules.chart.
"""

OF_ACCOUNTS: tuple[What, ...] = ("receivable", "credit")
OF_BRANDS: tuple[What, ...] = (
    "gateway", "refunding", "disputed", "chargebacks", "fees", "unmatched", "sales", "tax", "gifts", "unused",
    "in_transit",
)  # fmt: skip
OF_THE_BOOK: tuple[What, ...] = ("entry", "snapshot")
BY_HAND: tuple[What, ...] = ("not_given",)
OF_GATEWAYS: tuple[What, ...] = ("holding", "payout")

Sums = Mapping[tuple[UUID | None, str], int]
"""Minor units by what they are about (None: a whole brand) and currency code."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that does not reconcile.

    about   the account, gateway, entry or account code it is about, or None for a whole brand
    amount  by how much the ledger stands above what it should; None where that is no amount
    """

    what: What
    about: UUID | None
    amount: Money | None = None


def differ(what: What, *, booked: Sums, told: Sums) -> tuple[Deviation, ...]:
    """Compare what the ledger says with what the tables of billing say; equal keys, equal sums."""
    return tuple(
        Deviation(what, key[0], money(booked.get(key, 0) - told.get(key, 0), key[1]))
        for key in sorted({*booked, *told}, key=str)
        if booked.get(key, 0) != told.get(key, 0)
    )


def added(*parts: Sums) -> Sums:
    """Add sums up, key by key."""
    whole: dict[tuple[UUID | None, str], int] = {}
    for part in parts:
        for key, minor in part.items():
            whole[key] = whole.get(key, 0) + minor
    return whole


def less(part: Sums) -> Sums:
    """Return sums with the other sign."""
    return {key: -minor for key, minor in part.items()}


def handle_of(name: str) -> UUID:
    """Return the handle under which a gateway or an account code without one is found out of step."""
    return uuid5(NAMESPACE_URL, f"hostkeep:books:{name}")


def ranges(count: int) -> Iterator[tuple[UUID, UUID]]:
    """Part all handles into so many ranges of one size; each from its first to its last, both in it."""
    bounds = [2**128 * n // count for n in range(count + 1)]
    for start, end in pairwise(bounds):
        yield UUID(int=start), UUID(int=end - 1)
