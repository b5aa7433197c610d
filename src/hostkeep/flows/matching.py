"""Finding out whose a transfer is that came without a reference: by amount and name, through the door.

Only where the brand wants it ([bank] match_names) and its policy lets the buyer's block be used for billing.
The payer's name is compared in memory and kept nowhere; the buyer's is opened by the door, which enters it.
"""

from __future__ import annotations

import structlog

from hostkeep.billing.actions.receiving import match_payment
from hostkeep.billing.boxing import PARTY
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.payments import AlreadyMatched
from hostkeep.billing.queries.invoices import InvoiceRow
from hostkeep.billing.queries.payments import PaymentRow
from hostkeep.billing.queries.unpaid import owing, owing_near
from hostkeep.billing.rules.matching import NEAR, nearest, same_name
from hostkeep.billing.rules.party import from_json
from hostkeep.billing.transfers import Receipt
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PaymentId, PurposeId
from hostkeep.kernel.money import MILLION, Money
from hostkeep.vault import door

log = structlog.get_logger()

BILLING = PurposeId("billing")

LIKELY = 10
"""How many candidates staff are shown."""


def match_by_name(act: Act, *, payment: PaymentId, amount: Money, payer: str) -> Receipt | None:
    """Put an unmatched transfer on the one open invoice of exactly this amount, if its buyer has this name.

    None where none or several are open over this amount, the names differ, or the door refuses.
    """
    found = owing(act.brand, amount=amount, first=2)
    if len(found) != 1 or not payer:
        return None
    # The program looks, not the person who brought the file: nothing of it is shown to them.
    if not _is_buyer(act.in_role("system").for_purpose(BILLING), found[0], payer):
        return None
    try:
        return match_payment(act, payment=payment, invoice=found[0].id)
    except (AlreadyMatched, NoSuchInvoice):
        return None


def candidates(row: PaymentRow) -> tuple[InvoiceRow, ...]:
    """Return the invoices that an unmatched payment may have been for, the likeliest first; nobody's name."""
    most = Money(row.amount.minor * MILLION // (MILLION - NEAR) + 1, row.amount.currency)
    found = owing_near(row.brand, least=row.amount, most=most)
    return nearest(row.amount, [(each, each.owed) for each in found])[:LIKELY]


def _is_buyer(act: Act, invoice: InvoiceRow, payer: str) -> bool:
    """Say whether an invoice's buyer, a person or a company, has a name.  The door enters the look."""

    def compare(block: str) -> bool:
        party = from_json(block)
        return same_name(payer, party.name) or same_name(payer, party.company)

    try:
        same = door.use(act, subject=invoice.subject, category=PARTY, slot=str(invoice.id), fn=compare)
    except door.Refused as refusal:
        log.info("transfer.not_compared", invoice=str(invoice.id), code=refusal.code, trace=act.trace)
        return False
    return bool(same)
