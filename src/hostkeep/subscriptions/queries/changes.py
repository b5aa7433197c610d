"""Changes of subscriptions as frozen rows, and what one would come to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, ServiceId, SubjectId
from hostkeep.kernel.money import Money, money
from hostkeep.kernel.period import Period
from hostkeep.kernel.terms import Term
from hostkeep.runtime.written import objects_of
from hostkeep.subscriptions.asking import Asked, asked_again
from hostkeep.subscriptions.boxing import as_system, change_wish, told_wish
from hostkeep.subscriptions.errors import NoSuchSubscription
from hostkeep.subscriptions.models import Change, Subscription
from hostkeep.subscriptions.rules.add_ons import ADDED
from hostkeep.subscriptions.rules.agreeing import Agreed, Told
from hostkeep.subscriptions.rules.changing import (
    TIME_TO_PAY,
    UPGRADE,
    GivenBack,
    InTerm,
    Wanted,
    back_from_told,
    dues_from_told,
    from_told,
)
from hostkeep.subscriptions.rules.changing import Change as Reckoned
from hostkeep.subscriptions.turning import earlier_of, in_all_terms, reckoned_of
from hostkeep.vault.column_door import ColumnWish, use_columns

PAID_FIRST = (UPGRADE, ADDED)
"""Kinds that hold when they are paid."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change, closed.

    kind     upgrade, downgrade, term, add_on or add_on_off
    state    "waiting", "done" or "dropped"
    invoice  what it is paid by, or None
    back     what it gave back, as the brand's prices are
    """

    id: UUID
    subscription: UUID
    brand: BrandId
    account: AccountId
    subject: SubjectId
    service: ServiceId
    kind: str
    state: str
    invoice: InvoiceId | None
    back: Money
    asked_at: datetime
    effective_at: datetime
    wish: ColumnWish[Mapping[str, Any]] = field(repr=False)

    @property
    def drops_at(self) -> datetime | None:
        """When it is dropped if nobody pays; None for what waits for no payment."""
        waits = self.state == "waiting" and self.kind in PAID_FIRST
        return self.asked_at + TIME_TO_PAY if waits else None

    def dues_of(self, told: Mapping[str, Any]) -> tuple[tuple[Period | None, Money], ...]:
        """Return what was to be paid for each billed period, of its opened column."""
        return dues_from_told(told)

    def back_of(self, told: Mapping[str, Any]) -> tuple[GivenBack, ...]:
        """Return of which lines something is taken back, of its opened column."""
        return back_from_told(told)

    def wanted_of(self, told: Mapping[str, Any]) -> Wanted:
        """Return what was wanted, of its opened column."""
        return from_told(told)


def waiting_change(subscription: UUID) -> ChangeRow | None:
    """Return the change of a subscription that waits, or None."""
    return next(iter(_rows(subscription_id=subscription, state="waiting")), None)


def waiting_of(subscriptions: Sequence[UUID]) -> frozenset[UUID]:
    """Return which of some subscriptions have a change that waits.  One query."""
    found = Change.objects.filter(subscription__in=subscriptions, state="waiting")
    return frozenset(found.values_list("subscription", flat=True))


def change(change_id: UUID) -> ChangeRow | None:
    """Return one change, or None."""
    return next(iter(_rows(id=change_id)), None)


def asked_before(act: Act, subscription: UUID, *, once: str) -> Asked | None:
    """Return what a key asked for before, or None.  Raises NoSuchChange for another subscription's key."""
    known = Change.objects.filter(once=once).first()
    if known is None:
        return None
    return asked_again(act, Subscription.objects.get(id=subscription, brand=act.brand), known)


def change_paid_by(invoice: InvoiceId) -> ChangeRow | None:
    """Return the change that an invoice pays for, or None."""
    return changes_paid_by([invoice]).get(invoice)


def changes_paid_by(invoices: Collection[InvoiceId]) -> Mapping[InvoiceId, ChangeRow]:
    """Return the change that each of some invoices pays for; one without is left out.

    One query, and another where there is any.
    """
    found = objects_of(_paid_by, tuple(invoices)) if invoices else []
    held = tuple({each.subscription_id for each in found})
    of = {row.id: row for row in objects_of(_held, held)} if held else {}
    paid_for: dict[InvoiceId, ChangeRow] = {}
    for each in found:
        each.subscription = of[each.subscription_id]
        row = _frozen(each)
        if row.invoice is not None:
            paid_for.setdefault(row.invoice, row)
    return paid_for


def _paid_by(invoices: Sequence[InvoiceId]) -> QuerySet[Change]:
    """Return the query of the changes that invoices pay for."""
    return Change.objects.filter(invoice__in=invoices).order_by("asked_at", "id")


def _held(subscriptions: Sequence[UUID]) -> QuerySet[Subscription]:
    """Return the query of subscriptions by their ids."""
    return Subscription.objects.filter(id__in=subscriptions)


def dropped_with_invoice(subscription: UUID) -> tuple[ChangeRow, ...]:
    """Return changes of a subscription that were dropped after their invoice was made, oldest first."""
    return _rows(subscription_id=subscription, state="dropped", invoice__isnull=False)


def done_changes(subscription: UUID) -> tuple[ChangeRow, ...]:
    """Return the changes of a subscription that hold, newest first."""
    return _rows(subscription_id=subscription, state="done", order="-done_at")


def gave_back(subscription: UUID, *, since: datetime | None = None) -> tuple[ChangeRow, ...]:
    """Return the changes of a subscription that hold and give something back, oldest first.

    since  those that took hold from then on; None: all
    """
    later: dict[str, Any] = {} if since is None else {"done_at__gte": since}
    return _rows(subscription_id=subscription, state="done", credit_minor__gt=0, **later)


def paid_upgrades(subscription: UUID) -> tuple[UUID, ...]:
    """Return the changes of a subscription that were paid for and hold: lines of invoices are about them."""
    found = Change.objects.filter(subscription_id=subscription, state="done").exclude(invoice=None)
    return tuple(found.values_list("id", flat=True))


def unpaid_since(at: datetime, *, first: int) -> tuple[ChangeRow, ...]:
    """Return the first changes that wait to be paid and were asked for by a time, oldest first."""
    return _rows(state="waiting", kind__in=PAID_FIRST, asked_at__lte=at, first=first)


def unbilled_since(at: datetime, *, first: int) -> tuple[ChangeRow, ...]:
    """Return the first changes that wait to be billed and were asked for by a time, oldest first."""
    return _rows(state="waiting", kind__in=PAID_FIRST, invoice=None, asked_at__lte=at, first=first)


def due_changes(at: datetime, *, first: int) -> tuple[ChangeRow, ...]:
    """Return the first changes of term whose next period is to be billed by a time, oldest first."""
    return _rows(state="waiting", kind="term", subscription__renew_at__lte=at, first=first)


def preview(
    act: Act, subscription: UUID, *, of: AccountId, wanted: Agreed, keeps: Mapping[str, Money] | None = None,
    earlier: Mapping[Term, InTerm] | None = None,
) -> Reckoned:  # fmt: skip
    """Say what a change would come to, and do nothing.

    keeps    the price of one piece of each add-on that is kept, by slug; None: all, as they are
    earlier  what it comes to for terms before, as far as it is sold for them

    Raises NoSuchSubscription, NoSuchMove, SameAsNow, BadPrice.
    """
    row = Subscription.objects.filter(id=subscription, brand=act.brand, account=of).first()
    if row is None:
        raise NoSuchSubscription

    def reckoned(told: Sequence[Told | None]) -> Reckoned:
        if told[0] is None:
            raise NoSuchSubscription
        whole = in_all_terms(row, Wanted(wanted, {}, keeps, earlier=earlier or {}), act.at)
        return reckoned_of(act, row, told[0], whole)

    return use_columns(as_system(act, row), wishes=[told_wish(row)], fn=reckoned)


def earlier_terms(subscription: UUID, *, at: datetime) -> tuple[tuple[Term, Period], ...]:
    """Return the billed periods that are not over and of a term before the one that is had, oldest first."""
    found = earlier_of(Subscription.objects.get(id=subscription), at)
    return tuple((plan.term, period) for plan, period in found)


def _rows(*, order: str = "asked_at", first: int = 200, **which: object) -> tuple[ChangeRow, ...]:
    found = Change.objects.filter(**which).select_related("subscription").order_by(order, "id")
    return tuple(_frozen(row) for row in found[:first])


def _frozen(row: Change) -> ChangeRow:
    of = row.subscription
    return ChangeRow(
        id=row.id, subscription=of.id, brand=BrandId(of.brand), account=AccountId(of.account),
        subject=SubjectId(of.subject), service=ServiceId(of.service), kind=row.kind, state=row.state,
        invoice=InvoiceId(row.invoice) if row.invoice else None,
        back=money(row.credit_minor, of.currency), asked_at=row.asked_at, effective_at=row.effective_at,
        wish=change_wish(of, row),
    )  # fmt: skip
