"""What billing's actions share: several documents that are paid at once, inside their transaction.

The money is the account's credit for a moment, and goes on the documents from there: so what came is told
once, each document is covered by exactly what is owed on it, and what is left over is credit as ever.
Taken off again, it goes the same way back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from hostkeep.billing import purse
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.fulfilling import fulfil, invoice_for, is_withdrawn
from hostkeep.billing.models import Allocation, CreditEntry, Invoice, Payment, TopUp
from hostkeep.billing.queries.invoices import held_for
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.crediting import OWED_KINDS
from hostkeep.billing.rules.numbering import PROFORMA
from hostkeep.billing.rules.together import counted, sum_together
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, InvoiceId
from hostkeep.kernel.money import Currency, Money, money, total
from hostkeep.runtime.outbox import publish

log = structlog.get_logger()

PAYABLE = (*OWED_KINDS, PROFORMA)

Owed = Callable[[Invoice], Money]
"""Says what is still to pay on a document of which something is owed."""


def payable_of(account: UUID, documents: Sequence[UUID]) -> list[Invoice]:
    """Return those of some documents that an account can pay, locked, the first due first."""
    return _locked(Invoice.objects.filter(id__in=documents, account=account, kind__in=PAYABLE))


def meant_by(top_up: TopUp) -> list[Invoice]:
    """Return the documents that a top-up is meant for, locked, the first due first; or none."""
    if not top_up.meant_for:
        return []
    return _locked(Invoice.objects.filter(account=top_up.account, id__in=top_up.meant_for))


def _locked(found: QuerySet[Invoice]) -> list[Invoice]:
    """Return documents locked, the first due first.

    They are locked in one order, whoever comes: in that of their ids.  Else two who want the same ones would
    wait for each other.
    """
    rows = found.select_for_update().order_by("id")
    return sorted(rows, key=lambda row: (row.due_at, row.id))


def owed_together(documents: Sequence[Invoice], currency: Currency, owed: Owed) -> Money:
    """Return what locked documents of one account come to at once."""
    invoices = [owed(each) for each in documents if each.kind != PROFORMA]
    open_ones = [each for each in documents if each.kind == PROFORMA and is_open(each)]
    held = held_for(AccountId(documents[0].account), currency) if open_ones else Money(0, currency)
    return sum_together(invoices, [money(each.gross_minor, each.currency) for each in open_ones], held)


def is_open(proforma: Invoice) -> bool:
    """Say whether a proforma still asks for money."""
    return invoice_for(proforma) is None and not is_withdrawn(proforma)


def cover_all(act: Act, documents: Sequence[Invoice], came: Money, *, key: UUID, owed: Owed) -> Money:
    """Let money that has just become credit cover locked documents, in their order; return what it covered.

    came  no more than this goes on invoices; key: of the payment
    Credit that was counted towards the proformas goes on them, and what came for the rest on the rest.
    One that was paid meanwhile takes nothing, one in another currency neither: the rest stays credit.
    Publishes InvoicePaid for each that is paid.
    """
    left, own = came, _own(documents, came)
    for number, row in enumerate(documents, start=1):
        if row.currency != came.currency.code:
            continue
        if row.kind == PROFORMA:
            if is_open(row) and _fulfilled(act, row):
                gross = money(row.gross_minor, row.currency)
                of_own = _least(own, gross)
                own, left = own - of_own, left - _least(gross - of_own, left)
                # Its own credit may have been spent meanwhile.  The ledger's lock is ours since.
                left = _least(left, held_for(AccountId(row.account), left.currency))
            continue
        open_part = owed(row)
        part = _least(open_part, left)
        if part.minor <= 0:
            continue
        account = AccountId(row.account)
        wanted = purse.Move(account, -part, "used", f"together:{key.hex}:{number}", row.id)
        purse.move(act, wanted, against=chart.receivable(account))
        Allocation.objects.create(source="credit", invoice=row, minor=part.minor, at=act.at)
        left = left - part
        if part == open_part:
            publish(act, InvoicePaid(InvoiceId(row.id), account))
    return came - left


def covered_by(payment: Payment, top_up: TopUp) -> list[Allocation]:
    """Return what a payment for a top-up that is meant for documents put on them, while its match stands.

    A use of credit names the payment; what went on the invoice of a proforma names the proforma alone, and is
    of this payment where both were written at one moment.
    """
    put_in = CreditEntry.objects.filter(once=f"top_up:{payment.id}").first()
    if put_in is None or payment.turns:
        return []
    uses = CreditEntry.objects.filter(
        Q(once__startswith=f"together:{payment.id.hex}:")
        | Q(once__in=[f"proforma:{each}" for each in top_up.meant_for or ()], at=put_in.at)
    )
    parts: list[Allocation] = []
    for use in uses.order_by("once"):
        mine = Allocation.objects.filter(source="credit", invoice=use.about, minor=-use.minor, at=use.at)
        parts += mine.order_by("id")[:1]
    return parts


def uncover(act: Act, account: AccountId, part: Allocation) -> None:
    """Let what credit had put on a locked invoice be credit again, and owed.

    Credit that had been counted towards a proforma comes back with the rest: it was its owner's before.
    """
    back = money(part.minor, part.invoice.currency)
    wanted = purse.Move(account, back, "uncovered", f"uncovered:{part.id}", part.invoice_id)
    purse.move(act, wanted, against=chart.receivable(account))
    part.delete()


def _own(documents: Sequence[Invoice], came: Money) -> Money:
    """Return the credit that was there before the money came and is counted towards the open proformas."""
    mine = [each for each in documents if each.kind == PROFORMA and each.currency == came.currency.code]
    asked = total([money(each.gross_minor, each.currency) for each in mine if is_open(each)], came.currency)
    return counted(held_for(AccountId(mine[0].account), came.currency) - came, asked) if mine else asked


def _least(one: Money, other: Money) -> Money:
    """Return the lesser of two amounts."""
    return min(one, other, key=lambda each: each.minor)


def _fulfilled(act: Act, proforma: Invoice) -> bool:
    """Issue a proforma's invoice if credit covers it; where that goes wrong, the money stays credit."""
    try:
        with transaction.atomic():
            return fulfil(act, proforma) is not None
    except Foreseen as refusal:
        log.warning("proforma.not_fulfilled", invoice=str(proforma.id), code=refusal.code, trace=act.trace)
        return False
