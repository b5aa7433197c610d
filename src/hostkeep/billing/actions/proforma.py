"""Proformas: money is asked for first, and the invoice gets its number when the money is there.

A proforma is in no book and owes nothing; its number comes from a series of its own.  What comes for it is
the account's credit, and once that covers it the invoice is issued and paid in one deed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hostkeep.audit.recorded import recorded
from hostkeep.billing.bills import Issued, bill, draft_bill
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.fulfilling import fulfil, invoice_for
from hostkeep.billing.models import Invoice
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.numbering import PROFORMA
from hostkeep.billing.rules.party import BilledTo
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, Ref


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """How a proforma stands.

    invoice  the invoice it led to, or None while it is open
    again    whether it had led to it before this call
    """

    proforma: InvoiceId
    invoice: InvoiceId | None
    again: bool

    @property
    def ref(self) -> Ref:
        """The invoice, or the proforma while there is none."""
        return Ref("billing.invoice", self.invoice or self.proforma)


@recorded("billing.proforma.issued")
def issue_proforma(act: Act, *, to: BilledTo, lines: Sequence[Line], due_in: timedelta, once: str) -> Issued:
    """Ask for money for the lines; the invoice follows when the account's credit covers them.

    All as in issuing.issue_invoice, which does this by itself where brand.toml says `numbering = "payment"`.

    Writes an Invoice of kind "proforma" with its lines, tax and the buyer's block, an InvoiceIssued event and
    an audit entry; no ledger entry.  Where nothing is asked for, or the brand's credit is used at issue and
    covers it, the invoice is written in the same deed.
    Raises EmptyInvoice, BadLine, TwoCurrencies, IssuedDifferently, and vault refusals.
    """
    return bill(act, draft_bill(act, PROFORMA, to=to, lines=lines, due_in=due_in, once=once))


@recorded("billing.proforma.fulfilled")
def fulfil_proforma(act: Act, *, proforma: InvoiceId) -> Fulfilled:
    """Issue and cover the invoice of a proforma if the account's credit comes to as much; once.

    Raises NoSuchInvoice (also for another brand's, or what is no proforma).
    """
    row = Invoice.objects.select_for_update().filter(id=proforma, brand=act.brand, kind=PROFORMA).first()
    if row is None:
        raise NoSuchInvoice
    known = invoice_for(row)
    invoice = known or fulfil(act, row)
    return Fulfilled(proforma, InvoiceId(invoice.id) if invoice else None, again=known is not None)
