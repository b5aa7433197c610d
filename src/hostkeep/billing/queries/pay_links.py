"""Which links to pay a document still hold."""

from __future__ import annotations

from uuid import UUID

from hostkeep.billing.models import PayLinksRevoked
from hostkeep.billing.rules.pay_links import PayLink
from hostkeep.kernel.ids import InvoiceId


def mark_of(invoice: InvoiceId) -> UUID | None:
    """Return the mark that a link to a document bears if it is made now; None where none is needed."""
    return PayLinksRevoked.objects.filter(invoice=invoice).values_list("mark", flat=True).first()


def is_revoked(link: PayLink) -> bool:
    """Say whether a link was taken back.

    Where nothing is kept of the document any more, or never was, none is: whatever was taken back is past
    its own end by then, and whoever reads links asks for that as well.
    """
    mark = mark_of(link.invoice)
    return mark is not None and mark != link.mark
