"""What a payment covers, and how far an invoice is paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from hostkeep.kernel.money import Money

InvoiceState = Literal["unpaid", "overdue", "partly_paid", "paid"]


@dataclass(frozen=True, slots=True)
class Cover:
    """How an amount that came is used.  applied: on the invoice.  credit: left over, still the payer's."""

    applied: Money
    credit: Money


def cover(came: Money, owed: Money) -> Cover:
    """Say what of the money goes on an invoice.

    came  more than nothing
    owed  nothing or more

    Money of another currency pays nothing: it is kept as credit in its own.
    """
    if came.currency != owed.currency:
        return Cover(Money(0, owed.currency), came)
    applied = Money(min(came.minor, owed.minor), owed.currency)
    return Cover(applied, came - applied)


def invoice_state(*, gross: Money, paid: Money, due_at: datetime, at: datetime) -> InvoiceState:
    """Say how an invoice stands at a moment."""
    if paid.minor >= gross.minor:
        return "paid"
    if at > due_at:
        return "overdue"
    return "partly_paid" if paid.minor else "unpaid"
