"""What billing shows of payments and attempts.  Rows are frozen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery

from hostkeep.billing.errors.payments import NoSuchPayment
from hostkeep.billing.models import Allocation, BankFile, Invoice, Payment, PaymentAttempt, TopUp
from hostkeep.billing.rules.aside import Aside
from hostkeep.billing.rules.attempts import AttemptState
from hostkeep.billing.rules.numbering import CANARY
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, PaymentId
from hostkeep.kernel.money import Money, money

OLD_ONES_REST = timedelta(days=1)
"""How long an unknown outcome that is given up rests between two askings."""


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """An attempt to pay an invoice, or a top-up: one of the two is None.

    visit   the gateway's page, or empty; handle: its own id of what waits, or empty
    code    why it was declined, or empty
    method  the stored method that was charged without the payer, or None
    """

    id: UUID
    once: str
    brand: BrandId
    invoice: InvoiceId | None
    top_up: UUID | None
    gateway: str
    amount: Money
    state: AttemptState
    code: str
    visit: str
    handle: str
    method: UUID | None
    created_at: datetime
    shown_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment as staff see it: no person in it.

    proof      the gateway's or bank's own id
    reference  what the payer gave as the reference, if it could be one of ours
    number     the invoice it went on; empty while it is unmatched or all of it is credit
    invoice    its id, or None
    matched    whether it is known whose it is
    aside      where it stands while it is nobody's; why: a word of rules.aside
    back_ref   the reference of the transfer that sends it back, or empty
    """

    id: PaymentId
    brand: BrandId
    gateway: str
    proof: str
    amount: Money
    reference: str
    booked_on: date | None
    received_at: datetime
    matched: bool
    number: str
    applied: Money
    aside: Aside = ""
    why: str = ""
    back_ref: str = ""
    invoice: InvoiceId | None = None

    @property
    def waits(self) -> bool:
        """Whether it waits for somebody to say whose it is, or to confirm that it went back."""
        return not self.matched and self.aside in {"", "going"}

    @property
    def credit(self) -> Money:
        """What is left over for the account; nothing while it is unmatched."""
        return self.amount - self.applied if self.matched else self.amount.times(0)


def attempt(attempt: UUID, *, of: AccountId) -> AttemptRow:
    """Return an account's attempt.  Raises NoSuchPayment, for another account's too."""
    own = Q(invoice__account=of) | Q(top_up__account=of)
    row = PaymentAttempt.objects.filter(own, id=attempt).first()
    if row is None:
        raise NoSuchPayment
    return _attempt(row)


def attempt_row(attempt: UUID) -> AttemptRow:
    """Return an attempt of whatever account.  Raises NoSuchPayment."""
    row = PaymentAttempt.objects.filter(id=attempt).first()
    if row is None:
        raise NoSuchPayment
    return _attempt(row)


def open_attempts(
    *, after: datetime, before: datetime, without: Sequence[str], first: int = 100
) -> tuple[AttemptRow, ...]:
    """Return attempts whose outcome is still open, of all brands, those asked about longest ago first.

    after    when they were begun at the earliest; of older ones only those come whose money may have moved,
             of an unknown outcome or a stored method: they are asked about once a day until it is known
    before   when all were begun at the latest
    without  gateways that are not asked about
    """
    young = Q(state__in=["waiting", "unknown"], created_at__gte=after, created_at__lt=before)
    rested = Q(looked_at=None) | Q(looked_at__lt=before - OLD_ONES_REST)
    moving = Q(state="unknown") | Q(state="waiting", method__isnull=False, visit="")
    found = PaymentAttempt.objects.filter(young | (moving & rested & Q(created_at__lt=after)))
    turn = F("looked_at").asc(nulls_first=True)
    rows = found.exclude(gateway__in=without).order_by(turn, "created_at")
    return tuple(_attempt(row) for row in rows[:first])


def pages_of(invoice: InvoiceId) -> tuple[AttemptRow, ...]:
    """Return attempts to pay an invoice whose payer was sent to a page and not heard of, oldest first."""
    whose = Invoice.objects.values_list("account", flat=True).get(id=invoice)
    mine = Q(invoice=invoice) | meant_for(whose, invoice)
    found = PaymentAttempt.objects.filter(mine, method=None, state="waiting").exclude(visit="")
    return tuple(_attempt(row) for row in found.order_by("created_at", "id"))


def meant_for(account: UUID, invoice: UUID) -> Q:
    """Return the condition under which an attempt is for several documents of an account, one among them."""
    return Q(top_up__account=account, top_up__meant_for__contains=[str(invoice)])


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """An attempt of which nobody could tell for a day whether its money moved.

    once    the key under which it stands at the gateway
    number  the invoice's; empty for a top-up
    """

    id: UUID
    brand: BrandId
    gateway: str
    once: str
    amount: Money
    number: str
    created_at: datetime


def unknown_attempts(*, before: datetime, first: int = 50) -> tuple[UnknownRow, ...]:
    """Return attempts begun before a time whose outcome is still unknown, of all brands, oldest first."""
    found = PaymentAttempt.objects.filter(state="unknown", created_at__lt=before).select_related("invoice")
    return tuple(
        UnknownRow(
            row.id, BrandId(row.brand), row.gateway, row.once, money(row.minor, row.currency),
            row.invoice.number if row.invoice else "", row.created_at,
        )
        for row in found.order_by("created_at", "id")[:first]
    )  # fmt: skip


def newest_attempt(invoice: InvoiceId) -> AttemptRow | None:
    """Return the newest attempt to pay an invoice, or None."""
    row = PaymentAttempt.objects.filter(invoice=invoice).order_by("-created_at", "-id").first()
    return _attempt(row) if row else None


def payments(*, brand: BrandId | None = None, first: int = 50, skip: int = 0) -> tuple[PaymentRow, ...]:
    """Return payments, those that wait first, then newest first; a canary's aside.  One database query.

    brand  None: of all brands
    """
    found = Payment.objects.filter(Q(brand=brand) if brand else Q()).exclude(attempt__invoice__kind=CANARY)
    done = Q(account__isnull=False) | ~Q(aside__in=["", "going"])
    known = ExpressionWrapper(done, output_field=BooleanField())
    return _rows(found.annotate(known=known).order_by("known", "-received_at", "-id"), first=first, skip=skip)


def newest_payment(account: AccountId, *, gateways: Sequence[str]) -> tuple[PaymentId, str, str] | None:
    """Return id, gateway and proof of the newest payment of an account that came by one of these ways."""
    found = Payment.objects.filter(account=account, gateway__in=gateways).order_by("-received_at", "-id")
    row = found.values_list("id", "gateway", "proof").first()
    return (PaymentId(row[0]), row[1], row[2]) if row else None


def unmatched_count() -> int:
    """Return how many payments wait for somebody to say whose they are, over all brands."""
    return Payment.objects.filter(account=None, aside__in=["", "going"]).count()


def going_back(brand: BrandId, references: Collection[str]) -> tuple[PaymentRow, ...]:
    """Return a brand's payments that were sent back under one of these references, or are to be."""
    found = Payment.objects.filter(brand=brand, back_ref__in=references, aside__in=["going", "sent"])
    return _rows(found.order_by("id"), first=2, skip=0)


def bank_file_read(brand: BrandId, digest: str) -> datetime | None:
    """Return when a brand's bank file of this digest was read before, or None."""
    found = BankFile.objects.filter(brand=brand, digest=digest).values_list("at", flat=True)
    return next(iter(found), None)


def bank_file_count(brand: BrandId) -> int:
    """Return how many bank files a brand has read."""
    return BankFile.objects.filter(brand=brand).count()


def payment(payment: PaymentId, *, brand: BrandId) -> PaymentRow:
    """Return one payment of a brand.  Raises NoSuchPayment."""
    rows = _rows(Payment.objects.filter(id=payment, brand=brand), first=1, skip=0)
    if not rows:
        raise NoSuchPayment
    return rows[0]


def brands_named(references: Collection[str]) -> frozenset[BrandId]:
    """Return whose documents and top-ups have one of these references.  At most two queries."""
    if not references:
        return frozenset()
    found = {
        brand
        for rows in (Invoice.objects.all(), TopUp.objects.all())
        for brand in rows.filter(reference__in=references).values_list("brand", flat=True)
    }
    return frozenset(map(BrandId, found))


def brand_of_proof(gateway: str, proof: str) -> BrandId | None:
    """Return whose payment a gateway's own id is, or None while it is not known here."""
    found = Payment.objects.filter(gateway=gateway, proof=proof).values_list("brand", flat=True).first()
    return BrandId(found) if found else None


def _rows(found: QuerySet[Payment], *, first: int, skip: int) -> tuple[PaymentRow, ...]:
    """Fetch payments with the invoice each went on.  One database query."""
    part = Allocation.objects.filter(payment=OuterRef("pk")).order_by("id")
    shown = found.annotate(
        number=Subquery(part.values("invoice__number")[:1]), applied=Subquery(part.values("minor")[:1]),
        went_on=Subquery(part.values("invoice")[:1]),
    )  # fmt: skip
    return tuple(
        PaymentRow(
            id=PaymentId(row.id), brand=BrandId(row.brand), gateway=row.gateway, proof=row.proof,
            amount=money(row.minor, row.currency), reference=row.reference, booked_on=row.booked_on,
            received_at=row.received_at, matched=row.account is not None, number=row.number or "",
            applied=money(row.applied or 0, row.currency), aside=cast("Aside", row.aside), why=row.aside_why,
            back_ref=row.back_ref, invoice=InvoiceId(row.went_on) if row.went_on else None,
        )
        for row in shown[skip : skip + first]
    )  # fmt: skip


def _attempt(row: PaymentAttempt) -> AttemptRow:
    """Freeze an attempt."""
    return AttemptRow(
        id=row.id, once=row.once, brand=BrandId(row.brand),
        invoice=InvoiceId(row.invoice_id) if row.invoice_id else None, top_up=row.top_up_id,
        gateway=row.gateway, amount=money(row.minor, row.currency), state=cast("AttemptState", row.state),
        code=row.code, visit=row.visit, handle=row.handle, method=row.method_id, created_at=row.created_at,
        shown_at=row.shown_at,
    )  # fmt: skip
