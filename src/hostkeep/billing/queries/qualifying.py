"""What billing knows of payments for the check of an order, and the checks there are.  Rows are frozen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import Q, QuerySet

from hostkeep.billing.errors.checks import NoSuchCheck
from hostkeep.billing.models import Allocation, Dispute, Invoice, PaymentAttempt, PaymentCheck
from hostkeep.billing.queries.held import newest_first
from hostkeep.billing.rules.numbering import CANARY
from hostkeep.billing.rules.qualifying import LOOKED_BACK, Decision, Inputs, Outcome
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, OrderId, PaymentId
from hostkeep.kernel.money import Money, money

OWN_DECISION = ("cancelled", "expired", "never_asked", "step_wanted")
"""Codes of attempts that nobody declined: the payer left, or was to come back."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check, without a value of what it read.

    number  of the document that billed the order; amount: what it came to
    """

    id: UUID
    brand: BrandId
    account: AccountId
    order: OrderId
    invoice: InvoiceId
    number: str
    amount: Money
    outcome: Outcome
    rule: str
    categories: tuple[str, ...]
    checked_at: datetime
    decision: Decision
    decided_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether a person is to look at the order."""
        return self.outcome == "refused" and not self.decision


@dataclass(frozen=True, slots=True)
class CheckHeld:
    """A check as its owner is told of it.  Who of our staff decided is theirs."""

    number: str
    outcome: str
    rule: str
    categories: str
    checked_at: datetime
    decision: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class Brought:
    """A payment that went on an order.  applied: how much of it; proof: the gateway's own id."""

    payment: PaymentId
    gateway: str
    proof: str
    applied: Money


def brought_by(invoice: InvoiceId) -> tuple[Brought, ...]:
    """Return the payments that went on a document, or on the invoice that followed it.  One query."""
    parts = Allocation.objects.filter(_of(invoice), payment__isnull=False).select_related("payment")
    return tuple(
        Brought(PaymentId(each.id), each.gateway, each.proof, money(part.minor, each.currency))
        for part in parts.order_by("id")
        if (each := part.payment) is not None
    )


def inputs_of(
    account: AccountId, *, invoice: InvoiceId, countries: Collection[str], at: datetime
) -> Inputs:
    """Return what the check of an order goes by.  For flows.qualifying, after the door has granted it.

    countries  of what paid it, as the payment system tells them
    """
    document = Invoice.objects.get(id=invoice)
    own = Q(invoice__account=account) | Q(top_up__account=account)
    tried = PaymentAttempt.objects.filter(own, state="declined", created_at__gte=at - LOOKED_BACK)
    held = {"outcome": "refused", "decision__in": ["", "refused"]}
    held_back = PaymentCheck.objects.filter(account=account, **held).values("invoice")
    before = Allocation.objects.filter(
        payment__account=account, invoice__issued_at__lt=document.issued_at
    ).exclude(Q(invoice__in=held_back) | Q(invoice__corrects__in=held_back))
    refused = PaymentCheck.objects.filter(account=account, decision="refused").exclude(invoice=invoice)
    return Inputs(
        minor=document.gross_minor, currency=document.currency, countries=frozenset(countries),
        declined=tried.exclude(code__in=OWN_DECISION).count(),
        disputed=Dispute.objects.filter(~Q(state="won"), payment__account=account).count(),
        refused=refused.count(), paid_before=before.exists(),
    )  # fmt: skip


def check_of(invoice: InvoiceId) -> CheckRow | None:
    """Return the check of the order that a document billed, or None.  One query."""
    return next(iter(_rows(invoice=invoice)), None)


def check_row(check: UUID, *, brand: BrandId) -> CheckRow:
    """Return one check of a brand.  Raises NoSuchCheck."""
    for row in _rows(id=check, brand=brand):
        return row
    raise NoSuchCheck


def check_by_id(check: UUID) -> CheckRow:
    """Return one check of whatever brand, for flows.  Raises NoSuchCheck."""
    for row in _rows(id=check):
        return row
    raise NoSuchCheck


def check_of_order(account: AccountId, order: OrderId) -> CheckRow | None:
    """Return the check of an account's order, or None.  One query."""
    return next(iter(_rows(account=account, order=order)), None)


def waiting_checks(*, first: int = 200) -> tuple[CheckRow, ...]:
    """Return orders that wait for a person, over all brands, the oldest first; no canary.  One query."""
    found = _found(outcome="refused", decision="").exclude(invoice__kind=CANARY)
    return tuple(map(_row, found.order_by("checked_at", "id")[:first]))


def decided_checks(*, first: int = 50) -> tuple[CheckRow, ...]:
    """Return orders of which a person said what becomes of them, the newest first.  One query."""
    found = _found(outcome="refused").exclude(decision="").exclude(invoice__kind=CANARY)
    return tuple(map(_row, found.order_by("-decided_at", "-id")[:first]))


def categories_read(brand: BrandId) -> frozenset[str]:
    """Return every category that a check of a brand ever read.  One query."""
    found = PaymentCheck.objects.filter(brand=brand).order_by()
    texts = found.values_list("categories", flat=True).distinct()
    return frozenset(category for text in texts for category in text.split())


def held_back(brand: BrandId) -> tuple[InvoiceId, ...]:
    """Return the documents of a brand's orders that no person let through.  One query."""
    found = PaymentCheck.objects.filter(brand=brand, outcome="refused").exclude(decision="let_through")
    return tuple(map(InvoiceId, found.order_by("-checked_at").values_list("invoice", flat=True)[:500]))


def checks_held(account: AccountId, *, first: int) -> Sequence[CheckHeld]:
    """Return an account's checks for its owner, newest first.  One query."""
    found = PaymentCheck.objects.filter(account=account).select_related("invoice")
    return tuple(
        CheckHeld(
            row.invoice.number, row.outcome, row.rule, row.categories, row.checked_at, row.decision,
            row.decided_at,
        )
        for row in newest_first(found, "checked_at", first)
    )  # fmt: skip


def _of(invoice: InvoiceId) -> Q:
    """Parts that went on a document or on what followed it."""
    return Q(invoice=invoice) | Q(invoice__corrects=invoice)


def _rows(**wanted: object) -> list[CheckRow]:
    """Fetch checks."""
    return [_row(row) for row in _found(**wanted)]


def _found(**wanted: object) -> QuerySet[PaymentCheck]:
    """Return checks with their documents."""
    return PaymentCheck.objects.filter(**wanted).select_related("invoice")


def _row(row: PaymentCheck) -> CheckRow:
    """Freeze a check."""
    return CheckRow(
        row.id, BrandId(row.brand), AccountId(row.account), OrderId(row.order), InvoiceId(row.invoice_id),
        row.invoice.number, money(row.invoice.gross_minor, row.invoice.currency),
        cast("Outcome", row.outcome), row.rule, tuple(row.categories.split()), row.checked_at,
        cast("Decision", row.decision), row.decided_at,
    )  # fmt: skip
