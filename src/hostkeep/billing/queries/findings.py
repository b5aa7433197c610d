"""What the daily self-check found out of step, as the back office shows it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import Count, Value

from hostkeep.billing.models import Finding, Payment, PaymentCheck, Registration
from hostkeep.billing.rules.numbering import CANARY
from hostkeep.billing.rules.reconciling import What
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Money, money


@dataclass(frozen=True, slots=True)
class FindingRow:
    """Something that did not reconcile.

    about       the account, gateway, entry or account code it is about, or None for a whole brand
    amount      by how much the ledger stands above what it should; None where it is no amount
    settled_at  when a check found it gone, or None
    """

    id: UUID
    brand: BrandId
    what: What
    about: UUID | None
    amount: Money | None
    found_at: datetime
    settled_at: datetime | None


def open_findings_of_all(*, first: int = 200) -> tuple[FindingRow, ...]:
    """Return what is out of step now, in all books, the oldest first.  One query."""
    found = Finding.objects.filter(settled_at=None).order_by("found_at", "id")[:first]
    return tuple(_row(row) for row in found)


def open_findings_of(brand: BrandId, what: Collection[What]) -> tuple[FindingRow, ...]:
    """Return what of some kinds is out of step now in one brand's books, or the operator's."""
    found = Finding.objects.filter(brand=brand, what__in=what, settled_at=None).order_by("found_at", "id")
    return tuple(_row(row) for row in found)


def settled_since(at: datetime, *, first: int = 50) -> tuple[FindingRow, ...]:
    """Return what was out of step and is not any more, newest first.  One query."""
    found = Finding.objects.filter(settled_at__gte=at).order_by("-settled_at", "id")[:first]
    return tuple(_row(row) for row in found)


def waiting_for_a_person() -> tuple[int, int, int]:
    """Count what needs a person, over all brands, in one query.

    First payments of which nobody knows whose they are; then open findings, and documents that a national
    system refused; then orders that the check of their payment held back, a canary's aside.
    """
    unmatched = Payment.objects.filter(account=None).order_by().values(of=Value("unmatched"))
    out = Finding.objects.filter(settled_at=None).order_by().values(of=Value("out"))
    refused = Registration.objects.filter(state="refused").order_by().values(of=Value("refused"))
    held = PaymentCheck.objects.filter(outcome="refused", decision="").exclude(invoice__kind=CANARY)
    back = held.order_by().values(of=Value("back"))
    counted = [
        each.annotate(many=Count("pk")).values_list("of", "many") for each in (unmatched, out, refused, back)
    ]
    found = dict(counted[0].union(*counted[1:], all=True))
    return found.get("unmatched", 0), found.get("out", 0) + found.get("refused", 0), found.get("back", 0)


def _row(row: Finding) -> FindingRow:
    amount = money(row.minor, row.currency) if row.currency else None
    return FindingRow(
        row.id, BrandId(row.brand), cast("What", row.what), row.about, amount, row.found_at, row.settled_at
    )
