"""Issuing invoices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from hostkeep.audit.recorded import recorded
from hostkeep.billing.bills import Issued, bill, draft_bill
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.numbering import kind_of_bill, numbered_at
from hostkeep.billing.rules.party import BilledTo
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.people.queries import canary_accounts


@recorded("billing.invoice.issued")
def issue_invoice(
    act: Act,
    *,
    to: BilledTo,
    lines: Sequence[Line],
    due_in: timedelta,
    once: str,
    is_canary: bool | None = None,
) -> Issued:
    """Give the lines a number and a date, and owe them.

    to      the buyer, with the block as it stands today and the decision that the lines' tax follows
    lines   1 to 500, one currency, amounts with or without tax as the brand's prices are
    due_in  time to pay, counted from act.at; at most ten years
    once    idempotency key, at most 64 characters; the same content again gets the same answer
    is_canary  whether the buyer is one, where the caller read their account; None: it is asked

    At a brand that numbers its invoices on payment this is a proforma, as actions.proforma tells.
    Writes an Invoice with lines and tax, why it bears that tax, the buyer's block as a vault item (category
    invoice_party, slot the invoice's id), a ledger entry, an InvoiceIssued event (and InvoicePaid where
    nothing is owed) and an audit entry, or nothing.
    Raises EmptyInvoice, BadLine, TwoCurrencies, IssuedDifferently, and vault refusals.
    Source: Council Directive 2006/112/EC, art. 226(2): a sequential number; 226(5): the parties' names.
    """
    numbered = numbered_at(brand(act.brand).words)
    played = to.account in canary_accounts() if is_canary is None else is_canary
    kind = kind_of_bill(numbered, is_canary=played)
    return bill(act, draft_bill(act, kind, to=to, lines=lines, due_in=due_in, once=once))
