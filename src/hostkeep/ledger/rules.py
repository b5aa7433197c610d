"""What makes an entry an entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hostkeep.kernel.money import Money
from hostkeep.ledger.errors import Unbalanced

LEAST_LEGS = 2
LONGEST_CODE = 80
LARGEST = 2**63 - 1
"""Minor units of one leg: what a bigint of the database holds."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of an entry.

    account  a code such as "receivable:<account id>"; at most 80 ASCII characters, handles and words only
    amount   not zero; positive is a debit, negative a credit
    """

    account: str
    amount: Money


def check(legs: Sequence[Leg]) -> None:
    """Raise Unbalanced unless legs are two or more, none zero or too large, each currency summing to zero."""
    if len(legs) < LEAST_LEGS:
        raise Unbalanced(legs=len(legs))
    sums: dict[str, int] = defaultdict(int)
    for leg in legs:
        if not 0 < abs(leg.amount.minor) <= LARGEST:
            raise Unbalanced(legs=len(legs))
        sums[leg.amount.currency.code] += leg.amount.minor
    if any(sums.values()):
        raise Unbalanced(legs=len(legs))
    check_codes(leg.account for leg in legs)


def check_codes(codes: Iterable[str]) -> None:
    """Raise Unbalanced unless each text can be an account code."""
    for code in codes:
        if not (0 < len(code) <= LONGEST_CODE and code.isascii() and code.isprintable()):
            raise Unbalanced


def without_empty(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    """Return legs without those that move nothing, so that a caller may list a part that can be zero."""
    return tuple(leg for leg in legs if leg.amount.minor)
