"""A document's letter sent once more, because somebody in the back office was asked for it."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.billing.errors.documents import NoSuchInvoice, Withdrawn
from hostkeep.billing.queries.corrections import owner_of
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.rules.numbering import CREDIT_NOTE
from hostkeep.flows.notices import write_to
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId
from hostkeep.messaging.errors import NoAddress, SentLately
from hostkeep.messaging.queries import repeated

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MOST_A_DAY = 3
"""Letters of one document within a day, the first telling among them."""


def send_again(act: Act, *, invoice: InvoiceId) -> None:
    """Queue the letter of one of act.brand's documents once more; the book says who wanted it.

    It is the letter that its owner had, as the document stands now: one that is paid is told as paid, and a
    stream that the policy does not declare, or an address that may not be written to, is refused as ever when
    it leaves.  The letter leads to the document, and the document is not attached: no stream of ours carries
    what somebody bought.
    Pressed twice it leaves once.
    Raises NoSuchInvoice (also for another brand's), Withdrawn (notes took it back, or it asks for nothing any
    more: no letter of ours tells that), SentLately, NoAddress where the account has no owner.
    """
    _, account = owner_of(invoice)
    found = sheet(invoice, of=account)
    if found.brand != act.brand:
        raise NoSuchInvoice
    if found.is_taken_back:
        raise Withdrawn
    if found.kind == CREDIT_NOTE:
        template = "billing/credit_note"
    elif found.is_paid and found.gross.minor:
        template = "billing/paid"
    else:
        template = "billing/invoice"
    before = repeated(account, template=template, about={"invoice": str(invoice)}, since=act.at - DAY)
    if before.newest is not None and act.at - before.newest < HOUR:
        raise SentLately(why="soon")
    if before.count >= MOST_A_DAY:
        raise SentLately(why="often")
    about = {"invoice": invoice}
    if not write_to(act, account, template, stream="billing", about=about, again=before.again + 1):
        raise NoAddress
