"""Subscriptions as they go on by themselves, and which of them an invoice bills."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from hostkeep.brands.queries import brand
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, ServiceId
from hostkeep.kernel.money import money
from hostkeep.kernel.period import Period
from hostkeep.runtime.together import ask
from hostkeep.runtime.written import rows
from hostkeep.subscriptions.holding import calendar_of
from hostkeep.subscriptions.models import Part, PeriodTurn, Subscription
from hostkeep.subscriptions.models import Period as PeriodModel
from hostkeep.subscriptions.periods import with_turns
from hostkeep.subscriptions.rules.pricing import promised
from hostkeep.subscriptions.rules.projecting import Course, Priced
from hostkeep.subscriptions.rules.states import RUNS, State

RANK = {"plan": 0, "option": 1, "add_on": 2, "discount": 3}
"""In this order parts are billed."""


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A subscription of an account that is not over.

    ends_at  its end where one is set
    paid_by  the invoice by which its change that waits is paid, where one does and it is opened, or None
    """

    id: UUID
    service: ServiceId
    state: State
    ends_at: datetime | None
    course: Course
    paid_by: InvoiceId | None = None


@dataclass(frozen=True, slots=True)
class BilledRow:
    """A period that an invoice bills.  is_void: it begins when its subscription is, or will be, over."""

    subscription: UUID
    service: ServiceId
    state: State
    period: Period
    is_void: bool


def courses_of(account: AccountId) -> tuple[CourseRow, ...]:
    """Return how an account's subscriptions go on, without what they are for.  Two queries."""
    states = [state.value for state in RUNS]
    rows = list(Subscription.objects.filter(account=account, state__in=states).order_by("created_at", "id"))
    parts: dict[UUID, list[Part]] = defaultdict(list)
    for part in Part.objects.filter(subscription__in=rows, ended_at=None):
        parts[part.subscription_id].append(part)
    return tuple(_course(row, parts[row.id]) for row in rows)


def course_of(subscription: UUID) -> CourseRow:
    """Return how one subscription goes on, at the prices that were agreed.  Two queries."""
    row = Subscription.objects.get(id=subscription)
    return _course(row, list(Part.objects.filter(subscription=row, ended_at=None)))


def billed_by(invoice: InvoiceId) -> tuple[BilledRow, ...]:
    """Return the periods that an invoice bills, or that it billed once.  Two queries."""
    return billed_by_each([invoice]).get(invoice, ())


def billed_by_each(invoices: Collection[InvoiceId]) -> Mapping[InvoiceId, tuple[BilledRow, ...]]:
    """Return the periods that each of some invoices bills, or that it billed once.

    Two queries in one way to the server.  One that bills none is left out.
    """
    if not invoices:
        return {}
    key, found = tuple(invoices), defaultdict[InvoiceId, dict[UUID, BilledRow]](dict)
    for document, period, *told in chain.from_iterable(ask(rows(_billed_now, key), rows(_billed_anew, key))):
        found[InvoiceId(document)][period] = _billed(*told)
    return {
        invoice: tuple(periods[each] for each in sorted(periods)) for invoice, periods in found.items()
    }


BILLED = (
    "subscription_id", "subscription__service", "subscription__state", "subscription__ends_at",
    "subscription__ended_at", "starts_at", "ends_at",
)  # fmt: skip
"""What _billed is told of a period."""


def _billed_now(invoices: Sequence[InvoiceId]) -> QuerySet[PeriodModel, Any]:
    """Return the query of the periods whose invoices some documents are."""
    return PeriodModel.objects.filter(invoice__in=invoices).values_list("invoice", "id", *BILLED)


def _billed_anew(invoices: Sequence[InvoiceId]) -> QuerySet[PeriodTurn, Any]:
    """Return the query of the periods that some documents billed once, after their own was taken back."""
    found = PeriodTurn.objects.filter(document__in=invoices, kind="billed")
    return found.values_list("document", "period_id", *(f"period__{each}" for each in BILLED))


def billed_beside(subscription: UUID, periods: Sequence[Period]) -> tuple[BilledRow, ...]:
    """Return periods that a document bills of a subscription beside their own invoices.  One query."""
    of = Subscription.objects.get(id=subscription)
    return tuple(
        _billed(of.id, of.service, of.state, of.ends_at, of.ended_at, period.start, period.end)
        for period in periods
    )


def invoices_for(service: ServiceId, *, first: int = 200) -> tuple[InvoiceId, ...]:
    """Return the invoices of a service's newest periods, newest first, with those that were made anew."""
    found = PeriodModel.objects.filter(subscription__service=service).exclude(invoice=None)
    newest = with_turns(found.order_by("-starts_at")[:first])
    return tuple(
        InvoiceId(each) for row, turns in newest
        for each in (*(turn.document for turn in reversed(turns) if turn.kind == "billed"), row.invoice)
        if each is not None
    )  # fmt: skip


def in_order(parts: Sequence[Part]) -> list[Part]:
    """Return parts as they are billed: the plan first and discounts last."""
    return sorted(parts, key=lambda part: (RANK[part.kind], part.started_at, part.id))


def priced(part: Part, currency: str) -> Priced:
    """Return a part as the rules see it."""
    return Priced(part.kind, money(part.unit_minor, currency), part.quantity, part.cycles_left, part.rate)


def _course(row: Subscription, parts: Sequence[Part]) -> CourseRow:
    """Freeze a subscription that goes on."""
    said = promised(brand(BrandId(row.brand)).words)
    course = Course(
        calendar_of(row), tuple(priced(part, row.currency) for part in in_order(parts)), row.billed_to,
        None if row.stopped_at else row.renew_at, said.lead, said.zero_invoice, row.locked_until,
    )  # fmt: skip
    return CourseRow(row.id, ServiceId(row.service), State(row.state), row.ends_at, course)


def _billed(
    of: UUID, service: UUID, state: str, set_end: datetime | None, ended: datetime | None,
    start: datetime, end: datetime,
) -> BilledRow:  # fmt: skip
    """Freeze a billed period.  set_end: when its subscription is to be over; ended: when it was."""
    # What ended at a time that was set is ended a little later, by the next sweep.
    is_void = any(over is not None and start >= over for over in (set_end, ended))
    return BilledRow(of, ServiceId(service), State(state), Period(start, end), is_void)
