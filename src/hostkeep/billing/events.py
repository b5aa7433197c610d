"""What billing tells the house, after the fact."""

from __future__ import annotations

from dataclasses import dataclass

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
