"""What billing shows of money that goes back, or was taken back.  Rows are frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum

from hostkeep.billing.errors.payments import NoSuchPayment
from hostkeep.billing.errors.refunds import NoSuchRefund
from hostkeep.billing.models import Allocation, Dispute, Invoice, Payment, Refund, TopUp
from hostkeep.billing.queries.credit import credit_of, numbers_of
from hostkeep.billing.rules.attempts import AttemptState
from hostkeep.billing.rules.numbering import CREDIT_NOTE
from hostkeep.billing.rules.refunding import Room, left_of
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, PaymentId
from hostkeep.kernel.money import Money, money


@dataclass(frozen=True, slots=True)
class RefundRow:
    """Money that goes back.

    of     the proof of the payment that brought it
    proof  the gateway's or bank's own id of the refund, once there is one
    code   why it was declined, or empty
    note   number and id of the credit note that it follows, or None
    """

    id: UUID
    once: str
    brand: BrandId
    account: AccountId
    payment: PaymentId
    gateway: str
    of: str
    amount: Money
    state: AttemptState
    code: str
    proof: str
    created_at: datetime
    settled_at: datetime | None
    note: tuple[str, InvoiceId] | None = None


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A payment that the payer's bank took back.

    fee     what the gateway keeps for it
    number  of the document it paid, of all where it was for several, or empty
    """

    id: UUID
    brand: BrandId
    gateway: str
    proof: str
    payment: PaymentId
    amount: Money
    fee: Money
    state: Literal["open", "won", "lost"]
    number: str
    opened_at: datetime
    closed_at: datetime | None


def left_to_refund(row: Payment) -> Money:
    """Return what is left of a payment.  For billing.actions, which hold its row locked.  Three queries.

    Nothing, where its payer's bank took some of it in another currency: how much that is, is not known here.
    """
    back = Refund.objects.filter(payment=row).exclude(state="declined").aggregate(sum=Sum("minor"))["sum"]
    code = row.currency
    disputed = Dispute.objects.filter(~Q(state="won"), payment=row)
    if disputed.exclude(currency=code).exists():
        return money(0, code)
    argued = disputed.aggregate(sum=Sum("minor"))["sum"]
    return left_of(money(row.minor, code), back=money(back or 0, code), disputed=money(argued or 0, code))


def room_of(payment: PaymentId, *, brand: BrandId) -> tuple[AccountId, Room]:
    """Return whose a payment is, and how much of it may still go back.

    Raises NoSuchPayment: none of this brand, or nobody's yet.
    """
    row = Payment.objects.filter(id=payment, brand=brand).first()
    if row is None or row.account is None:
        raise NoSuchPayment
    left, account = left_to_refund(row), AccountId(row.account)
    return account, Room(left, credit_of(account, left.currency))


def notes_of_payment(payment: PaymentId) -> tuple[tuple[str, InvoiceId], ...]:
    """Return number and id of the credit notes of what a payment went on, newest first.  Two queries.

    Of several that were paid at once it went on each, as credit.
    """
    by_reference = TopUp.objects.filter(brand=OuterRef("brand"), reference=OuterRef("reference"))
    meant = Payment.objects.filter(id=payment).values_list(
        "attempt__top_up__meant_for", Subquery(by_reference.exclude(reference="").values("meant_for")[:1])
    )
    several = [each for pair in meant for some in pair for each in some or ()]
    alone, fulfilled = Q(corrects__allocations__payment=payment), Q(corrects__corrects__in=several)
    went_on = alone | Q(corrects__in=several) | fulfilled
    found = Invoice.objects.filter(went_on, kind=CREDIT_NOTE).order_by("-issued_at", "-number")
    return tuple((number, InvoiceId(note)) for number, note in found.values_list("number", "id").distinct())


def refund(refund: UUID, *, brand: BrandId) -> RefundRow:
    """Return one refund of a brand.  Raises NoSuchRefund."""
    rows = _refunds(Refund.objects.filter(id=refund, brand=brand))
    if not rows:
        raise NoSuchRefund
    return rows[0]


def refund_by_once(once: str, *, gateway: str, brand: BrandId) -> RefundRow | None:
    """Return the refund that was asked of a gateway under a key, or None."""
    rows = _refunds(Refund.objects.filter(once=once, gateway=gateway, brand=brand))
    return rows[0] if rows else None


def refunds_of_payment(payment: PaymentId) -> tuple[RefundRow, ...]:
    """Return what was given back of a payment, newest first.  One query."""
    return _refunds(Refund.objects.filter(payment=payment).order_by("-created_at", "-id"))


def refunds_of(account: AccountId, *, first: int = 50) -> tuple[RefundRow, ...]:
    """Return what was given back to an account, newest first.  One query."""
    return _refunds(Refund.objects.filter(account=account).order_by("-created_at", "-id")[:first])


def open_refunds(
    *, after: datetime, before: datetime, of: Sequence[tuple[str, BrandId]], first: int = 100
) -> tuple[RefundRow, ...]:
    """Return refunds of all brands begun in a span of time whose outcome is open, longest unasked first.

    of  gateways that are asked, each with whose; the rest waits for staff
    """
    asked = Q(pk=None)
    for gateway, brand in of:
        asked |= Q(gateway=gateway, brand=brand)
    found = Refund.objects.filter(
        asked, state__in=["waiting", "unknown"], created_at__gte=after, created_at__lt=before
    )
    return _refunds(found.order_by(F("looked_at").asc(nulls_first=True), "created_at", "id")[:first])


def refunding_gateways() -> tuple[tuple[str, BrandId], ...]:
    """Return the gateways by which money is on its way back, each with whose it is."""
    found = Refund.objects.filter(state__in=["waiting", "unknown"]).order_by()
    return tuple(sorted((name, BrandId(of)) for name, of in found.values_list("gateway", "brand").distinct()))


def disputes(*, brand: BrandId | None = None, first: int = 50, skip: int = 0) -> tuple[DisputeRow, ...]:
    """Return disputes, open ones first, then newest first.  Two queries at most."""
    found = Dispute.objects.filter(Q(brand=brand) if brand else Q()).annotate(is_open=Q(state="open"))
    return _disputes(found.order_by("-is_open", "-opened_at", "-id")[skip : skip + first])


def disputes_of_invoice(
    invoice: InvoiceId, *, proforma: InvoiceId | None = None
) -> tuple[DisputeRow, ...]:
    """Return disputes of what paid an invoice, alone or with others, newest first.  Two queries at most.

    proforma  what the invoice fulfils, if it does: several may have been paid at once before it was there
    """
    paid = Q(payment__in=Allocation.objects.filter(invoice=invoice).values("payment"))
    for each in (invoice, *([proforma] if proforma else [])):
        paid |= Q(payment__attempt__top_up__meant_for__contains=[str(each)])
    return _disputes(Dispute.objects.filter(paid).order_by("-opened_at", "-id"))


def open_disputes_count() -> int:
    """Return how many disputes are argued about, over all brands.  One query."""
    return Dispute.objects.filter(state="open").count()


def _refunds(found: QuerySet[Refund]) -> tuple[RefundRow, ...]:
    """Freeze refunds."""
    return tuple(
        RefundRow(
            id=row.id, once=row.once, brand=BrandId(row.brand), account=AccountId(row.account),
            payment=PaymentId(row.payment_id), gateway=row.gateway, of=row.payment.proof,
            amount=money(row.minor, row.currency), state=cast("AttemptState", row.state), code=row.code,
            proof=row.proof, created_at=row.created_at, settled_at=row.settled_at,
            note=(row.credit_note.number, InvoiceId(row.credit_note.id)) if row.credit_note else None,
        )
        for row in found.select_related("payment", "credit_note")
    )  # fmt: skip


def _disputes(found: QuerySet[Dispute]) -> tuple[DisputeRow, ...]:
    """Freeze disputes, each with the documents that its payment went on."""
    part = Allocation.objects.filter(payment=OuterRef("payment")).order_by("id")
    shown = list(found.annotate(
        number=Subquery(part.values("invoice__number")[:1]),
        together=F("payment__attempt__top_up__meant_for"),
    ))  # fmt: skip
    known = dict(numbers_of([InvoiceId(UUID(each)) for row in shown for each in row.together or ()]))
    return tuple(
        DisputeRow(
            id=row.id, brand=BrandId(row.brand), gateway=row.gateway, proof=row.proof,
            payment=PaymentId(row.payment_id), amount=money(row.minor, row.currency),
            fee=money(row.fee_minor, row.currency), state=cast("Literal['open', 'won', 'lost']", row.state),
            number=row.number or ", ".join(known[InvoiceId(UUID(each))] for each in row.together or ()),
            opened_at=row.opened_at, closed_at=row.closed_at,
        )
        for row in shown
    )  # fmt: skip
