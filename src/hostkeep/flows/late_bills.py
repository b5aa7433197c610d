"""What bills a service's time: its periods' own invoices, and those over what was billed at an old price.

Both are gone after in the same way: who does not pay what his service costs more has not paid for it.
"""

from __future__ import annotations

from uuid import UUID

from hostkeep.billing.queries.billed import key_of
from hostkeep.billing.queries.corrections import lines_left
from hostkeep.flows.giving_back import late_invoices, late_key
from hostkeep.kernel.ids import InvoiceId, ServiceId
from hostkeep.provisioning.queries import ServiceRow
from hostkeep.subscriptions.queries.changes import ChangeRow, change
from hostkeep.subscriptions.queries.courses import BilledRow, billed_beside, billed_by, invoices_for
from hostkeep.subscriptions.queries.subscriptions import subscriptions_for

LATE = late_key(UUID(int=0)).removesuffix(str(UUID(int=0)))


def periods_billed_by(invoice: InvoiceId) -> tuple[BilledRow, ...]:
    """Return the periods that a document bills, or billed once, whole or what they cost more."""
    periods = billed_by(invoice)
    if periods:
        return periods
    of = change_billed_late_by(invoice)
    if of is None:
        return ()
    spans = (each.line.period for each in lines_left(invoice))
    return billed_beside(of.subscription, [span for span in spans if span is not None])


def change_billed_late_by(invoice: InvoiceId) -> ChangeRow | None:
    """Return the change of which an invoice bills what was billed without it while it waited, or None."""
    key = key_of(invoice)
    return change(UUID(key.removeprefix(LATE))) if key.startswith(LATE) else None


def invoices_paying_for(found: ServiceRow) -> tuple[InvoiceId, ...]:
    """Return the documents that bill a service: what its periods cost more, their own, its order's."""
    row = subscriptions_for([found.id]).get(found.id)
    late = late_invoices(row.id) if row is not None else ()
    return tuple(dict.fromkeys((*late, *invoices_for(ServiceId(found.id)), found.invoice)))
