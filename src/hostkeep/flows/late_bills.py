"""What bills a service's time: its periods' own invoices, and those over what was billed at an old price.

Both are gone after in the same way: who does not pay what his service costs more has not paid for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from hostkeep.billing.queries.billed import key_of, keys_of
from hostkeep.billing.queries.corrections import lines_left
from hostkeep.flows.giving_back import late_invoices, late_key
from hostkeep.kernel.ids import InvoiceId, ServiceId
from hostkeep.provisioning.queries import ServiceRow
from hostkeep.subscriptions.queries.changes import ChangeRow, change
from hostkeep.subscriptions.queries.courses import BilledRow, billed_beside, billed_by_each, invoices_for
from hostkeep.subscriptions.queries.subscriptions import subscriptions_for

LATE = late_key(UUID(int=0)).removesuffix(str(UUID(int=0)))


def periods_billed_by(invoice: InvoiceId) -> tuple[BilledRow, ...]:
    """Return the periods that a document bills, or billed once, whole or what they cost more."""
    return periods_billed_by_each([invoice])[invoice]


def periods_billed_by_each(
    invoices: Collection[InvoiceId],
) -> Mapping[InvoiceId, tuple[BilledRow, ...]]:
    """Return for each of some documents the periods that it bills, or billed once.

    Three queries for all, and three more for each that bills what periods cost more.
    """
    whole = billed_by_each(invoices)
    keys = keys_of([invoice for invoice in invoices if invoice not in whole])
    late = {invoice: _billed_late(invoice, key) for invoice, key in keys.items()}
    return {invoice: whole.get(invoice) or late.get(invoice, ()) for invoice in invoices}


def _billed_late(invoice: InvoiceId, key: str) -> tuple[BilledRow, ...]:
    """Return the periods of which a document bills what they cost more.  key: what it was made by."""
    of = _change_of(key)
    if of is None:
        return ()
    spans = (each.line.period for each in lines_left(invoice))
    return billed_beside(of.subscription, [span for span in spans if span is not None])


def change_billed_late_by(invoice: InvoiceId) -> ChangeRow | None:
    """Return the change of which an invoice bills what was billed without it while it waited, or None."""
    return _change_of(key_of(invoice))


def _change_of(key: str) -> ChangeRow | None:
    """Return the change whose late bill was made by a key, or None."""
    return change(UUID(key.removeprefix(LATE))) if key.startswith(LATE) else None


def invoices_paying_for(found: ServiceRow) -> tuple[InvoiceId, ...]:
    """Return the documents that bill a service: what its periods cost more, their own, its order's."""
    row = subscriptions_for([found.id]).get(found.id)
    late = late_invoices(row.id) if row is not None else ()
    return tuple(dict.fromkeys((*late, *invoices_for(ServiceId(found.id)), found.invoice)))
