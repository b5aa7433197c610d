"""What registries answered about buyers' numbers, and which are to be asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from hostkeep.billing.models import NumberCheck
from hostkeep.billing.rules.taxing.numbers import RETRY, is_fresh
from hostkeep.kernel.ids import AccountId, BrandId
from hostkeep.vault import sealing

USE = "tax-number"
EPOCH = 4
"""Signs at the head of a mark that name the epoch of its key."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """An answer.

    state  "valid", "invalid" or "unknown"
    proof  the registry's own id of the consultation, or empty
    """

    account: AccountId
    mark: str
    state: str
    proof: str
    checked_at: datetime

    def standing(self, at: datetime, days: int) -> str:
        """Return what it says by now: a yes or a no that is older than it holds says nothing any more."""
        holds = self.state == "unknown" or is_fresh(self.state, self.checked_at, at, days=days)
        return self.state if holds else "unknown"


def mark_of(brand: BrandId, number: str) -> str:
    """Return the mark of a number, by which it is known again and cannot be read.  number: whole."""
    return sealing.dated_hash(USE, f"{brand}|{number}")


def checks_of(brand: BrandId, numbers: Mapping[AccountId, str]) -> Mapping[AccountId, CheckRow]:
    """Return the newest answer about each account's number; none for one that nobody was asked about.

    numbers  whole, by account.  One query, however many.
    While keys are rolled, marks under the new key and under the old one are looked for.
    """
    marks = {
        mark: account
        for account, number in numbers.items()
        for mark in sealing.dated_hashes(USE, f"{brand}|{number}")
    }
    found = NumberCheck.objects.filter(account__in=set(numbers), mark__in=set(marks)).order_by("checked_at")
    return {
        AccountId(row.account): _row(row) for row in found if row.account in numbers and row.mark in marks
    }


def due_again(brand: BrandId, *, at: datetime, days: int, most: int) -> tuple[AccountId, ...]:
    """Return accounts whose number is to be looked at again.

    No answer yet, an answer that is too old, or one under the mark of an older key.
    days  for how long an answer holds
    """
    waiting = Q(state="unknown", checked_at__lte=at - RETRY)
    stale = ~Q(state="unknown") & Q(checked_at__lte=at - timedelta(days=days))
    older = ~Q(mark__startswith=mark_of(brand, "")[:EPOCH])
    found = NumberCheck.objects.filter(waiting | stale | older, brand=brand)
    return tuple(
        AccountId(account)
        for account in found.order_by("checked_at").values_list("account", flat=True)[:most]
    )


def _row(row: NumberCheck) -> CheckRow:
    """Freeze an answer."""
    return CheckRow(AccountId(row.account), row.mark, row.state, row.proof, row.checked_at)
