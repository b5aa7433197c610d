"""Taking back the links by which a document is paid without signing in."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.models import Invoice, PayLinksRevoked
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref


@dataclass(frozen=True, slots=True)
class Revoked:
    """A document whose links were taken back."""

    invoice: InvoiceId

    @property
    def ref(self) -> Ref:
        """The document."""
        return Ref("billing.invoice", self.invoice)


@recorded("billing.pay_links.revoked")
def revoke_pay_links(act: Act, *, of: AccountId, invoice: InvoiceId) -> Revoked:
    """Let no link to pay a document hold that was made before; one that is made after this does.

    of  whose document it is

    As links are kept nowhere, this is the same whether there were any, and whatever became of the document.
    A payment that was begun by one goes on at its gateway: what comes of it is booked as ever.
    Writes a PayLinksRevoked, or draws its mark anew.
    Raises NoSuchInvoice (also for another brand's or account's).
    """
    row = Invoice.objects.select_for_update().filter(id=invoice, brand=act.brand, account=of).first()
    if row is None:
        raise NoSuchInvoice
    drawn = {"mark": uuid4(), "revoked_at": act.at}
    PayLinksRevoked.objects.update_or_create(invoice=row, defaults=drawn)
    return Revoked(invoice)
