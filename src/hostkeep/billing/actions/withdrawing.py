"""Withdrawing a proforma: what it asked money for will not be given."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.billing.errors.documents import BadReason, NoSuchInvoice
from hostkeep.billing.fulfilling import invoice_for
from hostkeep.billing.models import Invoice, ProformaEnded
from hostkeep.billing.rules.numbering import PROFORMA
from hostkeep.billing.rules.reasons import CREDITS, Reason
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, Ref


@dataclass(frozen=True, slots=True)
class Ended:
    """How a proforma stands after it was to be withdrawn.

    invoice  the invoice that it had led to before: it is not withdrawn then; else None
    again    whether it was withdrawn before this call
    """

    proforma: InvoiceId
    invoice: InvoiceId | None
    again: bool

    @property
    def ref(self) -> Ref:
        """The proforma."""
        return Ref("billing.invoice", self.proforma)


@recorded("billing.proforma.withdrawn")
def withdraw_proforma(act: Act, *, proforma: InvoiceId, reason: Reason) -> Ended:
    """Let a proforma ask for nothing more, for good: no invoice follows it, and what comes for it is credit.

    reason  a word of rules.reasons, as of a credit note

    Its row is locked as whoever fulfils it does: it is withdrawn or followed by its invoice, never both.
    Writes a ProformaEnded.  Again, or where its invoice is there: changes nothing.
    Raises NoSuchInvoice (also for another brand's, or what is no proforma), BadReason.
    """
    if reason not in CREDITS:
        raise BadReason
    row = Invoice.objects.select_for_update().filter(id=proforma, brand=act.brand, kind=PROFORMA).first()
    if row is None:
        raise NoSuchInvoice
    if made := invoice_for(row):
        return Ended(proforma, InvoiceId(made.id), again=False)
    _, is_new = ProformaEnded.objects.get_or_create(invoice=row, defaults={"reason": reason, "at": act.at})
    return Ended(proforma, None, again=not is_new)
