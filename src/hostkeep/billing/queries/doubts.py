"""Transfers of which nobody can tell whether they are booked, as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery

from hostkeep.billing.models import Allocation, Doubt
from hostkeep.kernel.ids import BrandId, InvoiceId, PaymentId
from hostkeep.kernel.money import Money, money


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """A transfer in a bank file that may be a payment which is booked already: no person in it.

    proof           account and the bank's id of it; reference: of ours, that it bore, or empty
    payment         the one that it may be; known_as: its account and id
    number          the invoice that the payment went on, or empty; invoice: its id
    booked_at       when the payment was written down; seen_at: when this one was read
    """

    id: UUID
    brand: BrandId
    proof: str
    amount: Money
    booked_on: date
    reference: str
    payment: PaymentId
    known_as: str
    number: str
    invoice: InvoiceId | None
    booked_at: datetime
    seen_at: datetime


def doubts(*, brand: BrandId | None = None, first: int = 50) -> tuple[DoubtRow, ...]:
    """Return what waits for a person, oldest first.  brand: None for all of them.  One query."""
    part = Allocation.objects.filter(payment=OuterRef("payment")).order_by("id")
    found = Doubt.objects.filter(state="waiting").select_related("payment").annotate(
        number=Subquery(part.values("invoice__number")[:1]), went_on=Subquery(part.values("invoice")[:1])
    )
    if brand is not None:
        found = found.filter(brand=brand)
    return tuple(
        DoubtRow(
            row.id, BrandId(row.brand), row.proof, money(row.minor, row.currency), row.booked_on,
            row.reference, PaymentId(row.payment_id), row.payment.proof, row.number or "",
            InvoiceId(row.went_on) if row.went_on else None, row.payment.received_at, row.seen_at,
        )
        for row in found.order_by("seen_at", "id")[:first]
    )  # fmt: skip
