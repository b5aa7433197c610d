"""What billing tells the house, after the fact."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.kernel.ids import AccountId, InvoiceId, PaymentId


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """An invoice has a number and a date, and will not change."""

    invoice: InvoiceId
    account: AccountId


@dataclass(frozen=True, slots=True)
class InvoicePaid:
    """Nothing is owed on an invoice any more.  Published once an invoice."""

    invoice: InvoiceId
    account: AccountId


@dataclass(frozen=True, slots=True)
class PaymentReceived:
    """Money came and it is known for whom."""

    payment: PaymentId
    account: AccountId


@dataclass(frozen=True, slots=True)
class PaymentDisputed:
    """A payer had their bank take a payment back.  Published once a dispute."""

    payment: PaymentId
    account: AccountId


@dataclass(frozen=True, slots=True)
class CreditGiven:
    """An account was given credit."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class OrderHeldBack:
    """The check of a payment refused an order: it waits for a person."""

    check: UUID
    account: AccountId


@dataclass(frozen=True, slots=True)
class OrderReviewed:
    """A person said what becomes of an order that was held back; the check says what."""

    check: UUID
    account: AccountId
