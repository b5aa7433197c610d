"""What billing's actions share: writing down money that came, inside their transaction.

Only modules of `billing.actions` call this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.db.models import QuerySet

from hostkeep.billing import purse
from hostkeep.billing.errors.payments import PaymentDiffers
from hostkeep.billing.events import InvoicePaid, PaymentReceived
from hostkeep.billing.fulfilling import asked_by, fulfil, invoice_for
from hostkeep.billing.models import Allocation, Invoice, Payment, TopUp
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.covering import Cover, cover
from hostkeep.billing.rules.numbering import CREDIT_NOTE, PROFORMA
from hostkeep.billing.together import cover_all, meant_by
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, InvoiceId, PaymentId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg, without_empty
from hostkeep.runtime.deeds import NewKey
from hostkeep.runtime.inserting import insert, insert_last, insert_new
from hostkeep.runtime.outbox import publish
from hostkeep.runtime.written import rows_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Came:
    """Money that came.

    gateway    name of the driver that told
    proof      the gateway's or bank's own id for it; with the gateway it is unique
    attempt    the attempt it answers, or None
    reference  the creditor reference the payer gave, or an empty text
    booked_on  the bank's booking date, or None
    """

    gateway: str
    proof: str
    amount: Money
    attempt: UUID | None = None
    reference: str = ""
    booked_on: date | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of it.

    again    whether this proof was booked before; then nothing was done now
    invoice  the invoice it went to, or None while nobody knows for what it came
    applied  what went on the invoice; credit: what was left over for the account
    paid     whether the invoice is paid in full by this
    """

    payment: PaymentId
    again: bool
    invoice: InvoiceId | None
    applied: Money
    credit: Money
    paid: bool


Gone = Sequence[tuple[Any, ...]]
"""What gone_on finds of an invoice."""


def owed_on(invoice: Invoice, *, gone: Gone | None = None) -> Money:
    """Return what is still to pay on a document whose row the caller holds locked.

    gone  what went on it, where the caller read it under that lock; None: it is asked
    On a credit note nothing ever is; for a proforma it is what the account's credit lacks.
    """
    if invoice.kind == CREDIT_NOTE:
        return money(0, invoice.currency)
    if invoice.kind == PROFORMA:
        return asked_by(invoice)
    paid = sum(minor for (minor,) in (rows_of(gone_on, invoice.id) if gone is None else gone))
    return money(invoice.gross_minor - paid, invoice.currency)


def gone_on(invoice: InvoiceId) -> QuerySet[Allocation, Any]:
    """Return the query of what went on an invoice."""
    return Allocation.objects.filter(invoice=invoice).values_list("minor")


def receive(
    act: Act, came: Came, *, invoice: Invoice | None, top_up: TopUp | None = None, gone: Gone | None = None
) -> Booked:
    """Write a payment, once a proof, and use it on an invoice, or as credit.

    invoice, top_up  locked by the caller; both None: then the money waits, unmatched, for staff
    gone             as owed_on has it

    Raises PaymentDiffers: the proof stood for other money before, so that one of the two would be lost.
    """
    known = invoice or top_up
    owner = AccountId(known.account) if known else None
    payment = Payment(
        id=uuid4(), brand=act.brand, gateway=came.gateway, proof=came.proof, minor=came.amount.minor,
        currency=came.amount.currency.code, account=owner, attempt_id=came.attempt, reference=came.reference,
        booked_on=came.booked_on, received_at=act.at, matched_at=act.at if known else None,
    )  # fmt: skip
    if not insert_new(payment):
        stands = Payment.objects.get(gateway=came.gateway, proof=came.proof)
        _demand_same(stands, payment)
        return before(stands)
    books = chart.books_of(act.brand, invoice.kind if invoice else "")
    source = Leg(chart.gateway(books, came.gateway), came.amount)
    if top_up is not None:
        return put_in(act, payment, top_up=top_up)
    if invoice is None:
        legs = [source, Leg(chart.unmatched(act.brand), -came.amount)]
        book.post(act, key=f"payment:{payment.id}", about=Ref("billing.payment", payment.id), postings=legs)
        return Booked(PaymentId(payment.id), False, None, _none(came), _none(came), paid=False)
    return settle(act, payment, invoice=invoice, source=source, key=f"payment:{payment.id}", gone=gone)


def settle(
    act: Act, payment: Payment, *, invoice: Invoice, source: Leg, key: str, gone: Gone | None = None
) -> Booked:
    """Use a payment on a locked invoice: what is owed first, the rest is the account's credit.

    source  the leg the money comes from
    key     of the ledger entry
    gone    as owed_on has it, of a payment that came just now, in a deed that asks for neither again: then
            what it makes is written as the deed ends

    Money for a proforma is credit, and makes its invoice once there is enough of it.
    Publishes PaymentReceived, and InvoicePaid if nothing is owed afterwards but was before.
    """
    if invoice.kind == PROFORMA:
        return _settle_proforma(act, payment, invoice, source, key)
    owed = owed_on(invoice, gone=gone)
    parts = cover(money(payment.minor, payment.currency), owed)
    if parts.applied.minor:
        part = Allocation(payment=payment, invoice=invoice, minor=parts.applied.minor, at=act.at)
        insert([part]) if gone is None else insert_last(part)
    account, about = AccountId(invoice.account), Ref("billing.payment", payment.id)
    legs = without_empty([source, *_used(account, parts)])
    if gone is None:
        book.post(act, key=key, about=about, postings=legs)
    else:
        book.post_last(act, key=NewKey(key), about=about, postings=legs)
    publish(act, PaymentReceived(PaymentId(payment.id), account))
    paid = owed.minor > 0 and parts.applied == owed
    if paid:
        publish(act, InvoicePaid(InvoiceId(invoice.id), account))
    return Booked(PaymentId(payment.id), False, InvoiceId(invoice.id), parts.applied, parts.credit, paid)


def put_in(act: Act, payment: Payment, *, top_up: TopUp) -> Booked:
    """Make a payment for a locked top-up its account's credit, whatever came.  Publishes PaymentReceived.

    Where it is meant for documents it goes on them at once, as far as it reaches.
    """
    account, came = AccountId(top_up.account), money(payment.minor, payment.currency)
    documents = meant_by(top_up)
    source = chart.gateway(purse.books_for(act, account), payment.gateway)
    wanted = purse.Move(account, came, "top_up", f"top_up:{payment.id}", payment.id)
    purse.move(act, wanted, against=source)
    if top_up.paid_at is None:
        top_up.paid_at = act.at
        top_up.save(update_fields=["paid_at"])
    cover_all(act, documents, came, key=payment.id, owed=owed_on)
    publish(act, PaymentReceived(PaymentId(payment.id), account))
    return Booked(PaymentId(payment.id), False, None, came.times(0), came, paid=False)


def _settle_proforma(act: Act, payment: Payment, proforma: Invoice, source: Leg, key: str) -> Booked:
    """Take money for a locked proforma as credit, and issue its invoice if that now covers it."""
    account, came = AccountId(proforma.account), money(payment.minor, payment.currency)
    book.post(
        act, key=key, about=Ref("billing.payment", payment.id),
        postings=[source, Leg(chart.credit(account), -came)],
    )  # fmt: skip
    publish(act, PaymentReceived(PaymentId(payment.id), account))
    where = InvoiceId(proforma.id)
    made = None if invoice_for(proforma) else _made(act, proforma, payment)
    if made is None:
        return Booked(PaymentId(payment.id), False, where, came.times(0), came, paid=False)
    # By a tax that changed meanwhile it may come to more than was asked, or to less.
    parts = cover(came, money(min(made.gross_minor, proforma.gross_minor), made.currency))
    paid = made.gross_minor <= proforma.gross_minor
    return Booked(PaymentId(payment.id), False, where, parts.applied, parts.credit, paid=paid)


def _made(act: Act, proforma: Invoice, payment: Payment) -> Invoice | None:
    """Issue a proforma's invoice if credit covers it; where none can be made, the money stays credit.

    Money that came stays come, whatever cannot be written about it.  PaymentReceived has the rule try again,
    and where that fails too, the delivery waits for a person.
    """
    try:
        with transaction.atomic():
            return fulfil(act, proforma, came=payment)
    except Foreseen as refusal:
        log.warning("proforma.not_fulfilled", invoice=str(proforma.id), code=refusal.code, trace=act.trace)
        return None


def _used(account: AccountId, parts: Cover) -> tuple[Leg, Leg]:
    """Return the credit legs of a payment that was used."""
    return Leg(chart.receivable(account), -parts.applied), Leg(chart.credit(account), -parts.credit)


def _demand_same(stands: Payment, now: Payment) -> None:
    """Refuse a proof that names other money than it did before: banks use ids anew.  Raises PaymentDiffers.

    Days are compared where both have one: a gateway tells none.
    """
    if stands.brand != now.brand:
        raise PaymentDiffers
    days = {day for day in (stands.booked_on, now.booked_on) if day is not None}
    if (stands.minor, stands.currency) != (now.minor, now.currency) or len(days) > 1:
        raise PaymentDiffers(payment=str(stands.id))


def before(stands: Payment) -> Booked:
    """Answer for a proof that was booked before."""
    part = Allocation.objects.filter(payment=stands).first()
    came = money(stands.minor, stands.currency)
    applied = money(part.minor, stands.currency) if part else came.times(0)
    left = came - applied if stands.account else came.times(0)
    invoice = InvoiceId(part.invoice_id) if part else None
    return Booked(PaymentId(stands.id), True, invoice, applied, left, paid=False)


def _none(came: Came) -> Money:
    """Return nothing, in the currency that came."""
    return came.amount.times(0)
