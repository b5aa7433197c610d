"""Credit: how much there is and why, using it on an invoice, and putting more in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from hostkeep.billing.actions.crediting import use_credit
from hostkeep.billing.queries.credit import (
    TopUpRow,
    credit_lines,
    credits_of,
    received_for,
    top_up,
    top_ups_of,
)
from hostkeep.faces.api.door import once_of
from hostkeep.faces.api.invoices import PayTold
from hostkeep.faces.api.keyed import Needs, account_of_key, act_of_key
from hostkeep.faces.api.paying import Payment, shown_payment
from hostkeep.faces.api.shapes import Amount, AmountTold, Slug, Told, amount, money_of
from hostkeep.faces.ui.paying_links import links
from hostkeep.flows import crediting, paying, paying_together
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import Money
from hostkeep.people.rules.tokens import hash_of

router = Router()

BILLING = "billing"


class CreditLine(Schema):
    """How credit moved.

    amount  what it grew by, or shrank by if negative
    kind    gift, unused, top_up, used, uncovered, paid_out, returned, taken, payment, released or credit_note
    number  of the invoice it has to do with, or empty; reason: of staff, or empty
    """

    at: datetime
    amount: Amount
    kind: str
    number: str
    reason: str


class Limits(Schema):
    """How much may be put in, in one currency: at least and at most at once, and the cap of all credit."""

    least: Amount
    most: Amount
    cap: Amount


class Credit(Schema):
    """What is held for the account, in each currency, why it moved, newest first, and what may be put in."""

    held: list[Amount]
    lines: list[CreditLine]
    limits: list[Limits]


class UseTold(Told):
    """Which invoice to use credit on.  amount: left out for as much as there is and is owed."""

    invoice: UUID
    amount: AmountTold | None = None


class Used(Schema):
    """Credit that went on an invoice.  paid: whether nothing is owed on it since."""

    invoice: UUID
    amount: Amount
    paid: bool


class TopUpTold(Told):
    """How much to put in, and by which gateway."""

    amount: AmountTold
    gateway: Slug


class TopUp(Schema):
    """Credit that is being put in, or was.

    reference  what to write on a bank transfer
    paid_at    when money came for it, or null; received: all that came
    invoices   the documents on which it goes as it comes, the first due first; none where it stays credit
    gateways   ways to pay it, none where it is paid
    """

    id: UUID
    amount: Amount
    reference: str
    created_at: datetime
    paid_at: datetime | None
    received: list[Amount]
    invoices: list[UUID]
    gateways: list[str]


class TopUps(Schema):
    """The account's newest top-ups, newest first."""

    items: list[TopUp]


class TogetherTold(Told):
    """Which open documents to pay at once, in one currency; what they come to; and by which gateway."""

    invoices: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    expected: AmountTold
    gateway: Slug


class UseOnTold(Told):
    """Which invoices to use credit on, in this order, as far as it reaches."""

    invoices: Annotated[list[UUID], Field(min_length=1, max_length=50)]


class UsedOn(Schema):
    """Credit that went on invoices."""

    items: list[Used]


class TopUpPayment(Payment):
    """An attempt to pay a top-up."""

    top_up: UUID


@router.get("", response=Credit, auth=Needs("invoices:read"), operation_id="read_credit")
def read_credit(request: HttpRequest) -> Credit:
    """Show the account's credit."""
    account = account_of_key(request)
    return Credit(
        held=[amount(each) for each in credits_of(account.id) if each.minor],
        lines=[
            CreditLine(
                at=line.at, amount=amount(line.amount), kind=line.kind, number=line.number, reason=line.reason
            )
            for line in credit_lines(account.id)
        ],
        limits=[
            Limits(least=amount(each.least), most=amount(each.most), cap=amount(each.cap))
            for each in crediting.limits_of(act_of_key(request, BILLING))
        ],
    )  # fmt: skip


@router.post("/use", response=Used, auth=Needs("invoices:pay"), operation_id="use_credit")
def use(request: HttpRequest, told: UseTold) -> Used:
    """Use credit on an invoice of the account's."""
    used = use_credit(
        act_of_key(request, BILLING), account=account_of_key(request).id, invoice=InvoiceId(told.invoice),
        amount=money_of(told.amount) if told.amount else None, once=_once(request, "use"),
    )  # fmt: skip
    return Used(invoice=used.invoice, amount=amount(used.amount), paid=used.paid)


@router.get("/top-ups", response=TopUps, auth=Needs("invoices:read"), operation_id="list_top_ups")
def list_top_ups(request: HttpRequest) -> TopUps:
    """List what was put in, or waits for its money."""
    rows = top_ups_of(account_of_key(request).id)
    came, gateways = received_for(rows), paying.gateways_of(act_of_key(request, BILLING))
    return TopUps(items=[_top_up(row, came[row.id], gateways) for row in rows])


@router.post("/top-ups", response=TopUpPayment, auth=Needs("invoices:pay"), operation_id="top_up")
def begin(request: HttpRequest, told: TopUpTold) -> TopUpPayment:
    """Put credit in: the answer says where the payer goes."""
    begun = crediting.top_up(
        act_of_key(request, BILLING), of=account_of_key(request).id, amount=money_of(told.amount),
        gateway=told.gateway, once=_once(request, "top"), links=links(request),
    )  # fmt: skip
    return TopUpPayment(top_up=begun.top_up, **shown_payment(begun.asked).dict())


@router.get("/top-ups/{uuid:wanted}", response=TopUp, auth=Needs("invoices:read"), operation_id="read_top_up")
def read_top_up(request: HttpRequest, wanted: UUID) -> TopUp:
    """Show one top-up."""
    row = top_up(wanted, of=account_of_key(request).id)
    return _top_up(row, received_for([row])[row.id], paying.gateways_of(act_of_key(request, BILLING)))


@router.post(
    "/top-ups/{uuid:wanted}/pay", response=Payment, auth=Needs("invoices:pay"), operation_id="pay_top_up"
)
def pay(request: HttpRequest, wanted: UUID, told: PayTold) -> Payment:
    """Pay an open top-up by a gateway: the answer says where the payer goes."""
    asked = crediting.pay_top_up(
        act_of_key(request, BILLING), of=account_of_key(request).id, top_up=wanted, gateway=told.gateway,
        links=links(request),
    )  # fmt: skip
    return shown_payment(asked)


@router.post(
    "/together", response=TopUpPayment, auth=Needs("invoices:pay"), operation_id="pay_invoices_together"
)
def pay_together(request: HttpRequest, told: TogetherTold) -> TopUpPayment:
    """Pay several open documents in one: the answer says where the payer goes."""
    begun = paying_together.pay_together(
        act_of_key(request, BILLING), of=account_of_key(request).id,
        invoices=[InvoiceId(each) for each in told.invoices], expected=money_of(told.expected),
        gateway=told.gateway, once=_once(request, "together"), links=links(request),
    )  # fmt: skip
    return TopUpPayment(top_up=begun.top_up, **shown_payment(begun.asked).dict())


@router.post("/use-on", response=UsedOn, auth=Needs("invoices:pay"), operation_id="use_credit_on_several")
def use_on(request: HttpRequest, told: UseOnTold) -> UsedOn:
    """Use credit on several invoices of the account's; one that is paid by now takes nothing."""
    used = paying_together.use_credit_on(
        act_of_key(request, BILLING), of=account_of_key(request).id,
        invoices=[InvoiceId(each) for each in told.invoices],
        once=uuid5(NAMESPACE_URL, _once(request, "use-on")),
    )  # fmt: skip
    return UsedOn(
        items=[Used(invoice=each.invoice, amount=amount(each.amount), paid=each.paid) for each in used]
    )


def _once(request: HttpRequest, what: str) -> str:
    """Return the key of a deed: the caller's own, of this account alone, or a new one."""
    said = once_of(request)
    return hash_of(f"{what}:{account_of_key(request).id}:{said}") if said else f"{what}-{uuid4().hex}"


def _top_up(row: TopUpRow, came: Sequence[Money], gateways: Sequence[str]) -> TopUp:
    """Show one."""
    return TopUp(
        id=row.id, amount=amount(row.amount), reference=row.reference, created_at=row.created_at,
        paid_at=row.paid_at, received=[amount(each) for each in came], invoices=list(row.meant_for),
        gateways=[] if row.paid_at else list(gateways),
    )  # fmt: skip
