"""Subscriptions as frozen rows: closed as they are read, told once the door has opened them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from hostkeep.kernel.ids import AccountId, BrandId, ServiceId, SubjectId
from hostkeep.kernel.money import Money, money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.boxing import CHOSEN, NOTHING, SUBSCRIPTIONS, read_told
from hostkeep.subscriptions.errors import NoSuchSubscription
from hostkeep.subscriptions.holding import calendar_of
from hostkeep.subscriptions.models import Change, Part, Subscription
from hostkeep.subscriptions.models import Period as PeriodModel
from hostkeep.subscriptions.periods import stand_of, with_turns
from hostkeep.subscriptions.rules.agreeing import Told
from hostkeep.subscriptions.rules.changing import TERM
from hostkeep.subscriptions.rules.discounts import DISCOUNT
from hostkeep.subscriptions.rules.states import RENEWS, State
from hostkeep.subscriptions.rules.terms import Calendar, following
from hostkeep.vault.column_door import ColumnWish, one_row
from hostkeep.vault.columns import Boxed

TURN = timedelta(days=1)
"""For so long a change of term keeps a renewal waiting."""


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription, closed.

    price      what a whole term comes to, as the brand's prices are
    billed_to  the end of what is billed
    renew_at   when the next invoice is made, or None
    ends_at    when it ends, where that is set; ended_at: when it did
    stopped    why its renewal was given up, a code; empty where it was not
    box        what it is for, sealed
    """

    id: UUID
    brand: BrandId
    account: AccountId
    subject: SubjectId
    service: ServiceId
    state: State
    calendar: Calendar
    price: Money
    billed_to: datetime
    renew_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    trial_to: datetime | None
    locked_until: datetime | None
    stopped: str
    created_at: datetime
    box: Boxed = field(repr=False)

    @property
    def renews(self) -> bool:
        """Whether another period follows."""
        return self.state in RENEWS

    @property
    def next_period(self) -> Period:
        """The period that comes after what is billed."""
        return following(self.calendar, self.billed_to)

    @property
    def wish(self) -> ColumnWish[SubscriptionTold]:
        """What opens it."""
        head = (self.brand, self.subject, CHOSEN)
        return one_row(
            head, table=SUBSCRIPTIONS, row=str(self.id), boxes={"told": self.box},
            make=lambda values: self._told(read_told(values)),
        )  # fmt: skip

    def without(self, word: str) -> SubscriptionTold:
        """Return what a page shows where it does not open."""
        return self._told(Told("", "", word, NOTHING.choices))

    def _told(self, told: Told) -> SubscriptionTold:
        return SubscriptionTold(**_same(self, SubscriptionRow), told=told)


@dataclass(frozen=True, slots=True)
class SubscriptionTold(SubscriptionRow):
    """A subscription with what was taken."""

    told: Told


@dataclass(frozen=True, slots=True)
class PeriodRow:
    """A period that was billed.

    invoice        what billed it last; None where it cost nothing
    is_taken_back  whether that was taken back, since the subscription was to end before
    """

    period: Period
    invoice: UUID | None
    is_taken_back: bool = False


def subscription_of_service(service: ServiceId, *, of: AccountId) -> SubscriptionRow:
    """Return the subscription of an account's service.  Raises NoSuchSubscription, also for another's."""
    return _one(service=service, account=of)


def subscription(subscription_id: UUID) -> SubscriptionRow:
    """Return one subscription, for flows and staff.  Raises NoSuchSubscription."""
    return _one(id=subscription_id)


def subscriptions_of(account: AccountId) -> tuple[SubscriptionRow, ...]:
    """Return an account's subscriptions, newest first.  One query."""
    found = Subscription.objects.filter(account=account).order_by("-created_at", "id")
    return tuple(frozen(row) for row in found)


def subscriptions_for(services: Sequence[ServiceId]) -> dict[ServiceId, SubscriptionRow]:
    """Return the subscriptions of some services.  One query."""
    found = Subscription.objects.filter(service__in=services)
    return {ServiceId(row.service): frozen(row) for row in found}


def periods_of(subscription_id: UUID, *, first: int = 50) -> tuple[PeriodRow, ...]:
    """Return what was billed of a subscription, newest first.  Two queries."""
    found = PeriodModel.objects.filter(subscription_id=subscription_id).select_related("subscription")
    stands = [stand_of(row, turns) for row, turns in with_turns(found.order_by("-starts_at")[:first])]
    return tuple(PeriodRow(each.period, each.invoice, each.is_taken_back) for each in stands)


def has_discount(subscription_id: UUID) -> bool:
    """Say whether something is taken off the terms to come.  One query."""
    return Part.objects.filter(subscription_id=subscription_id, kind=DISCOUNT, ended_at=None).exists()


def period_at(subscription_id: UUID, at: datetime) -> Period | None:
    """Return the billed period that holds a moment, or None."""
    row = PeriodModel.objects.filter(
        subscription_id=subscription_id, starts_at__lte=at, ends_at__gt=at
    ).first()
    return Period(row.starts_at, row.ends_at) if row else None


def brands_due(at: datetime) -> tuple[BrandId, ...]:
    """Return the brands that have something to renew."""
    found = due_now(at).order_by("brand").values_list("brand", flat=True).distinct()
    return tuple(BrandId(name) for name in found)


def due_now(at: datetime) -> QuerySet[Subscription]:
    """Return what is to be renewed; what was given up is not.

    One whose next period is to have another term waits until that is so: nothing is billed in the old one.
    A day later it is billed all the same, for the change goes wrong then.
    """
    terms = Change.objects.filter(subscription=OuterRef("pk"), kind=TERM, state="waiting")
    due = Subscription.objects.filter(renew_at__lte=at, stopped_at=None)
    return due.exclude(Exists(terms), renew_at__gt=at - TURN)


def some_due(of: BrandId, at: datetime, *, but: Sequence[UUID], first: int) -> tuple[UUID, ...]:
    """Return some of what is to be renewed at a brand, drawn at random.

    but  what is left out
    """
    found = due_now(at).filter(brand=of).exclude(id__in=but)
    return tuple(found.order_by("?").values_list("id", flat=True)[:first])


def is_due(at: datetime) -> bool:
    """Say whether something is to be renewed, or to have another term first, by a time."""
    return Subscription.objects.filter(renew_at__lte=at, stopped_at=None).exists()


def stopped(*, first: int = 100) -> tuple[SubscriptionRow, ...]:
    """Return the subscriptions whose renewal was given up, oldest first."""
    found = Subscription.objects.exclude(stopped_at=None).order_by("stopped_at", "id")[:first]
    return tuple(frozen(row) for row in found)


def stopped_count() -> int:
    """Return how many renewals were given up, over all brands.  One query."""
    return Subscription.objects.exclude(stopped_at=None).count()


def ending_due(at: datetime, *, first: int = 500) -> tuple[SubscriptionRow, ...]:
    """Return the subscriptions whose end has come, oldest first."""
    found = Subscription.objects.filter(state=State.ENDING.value, ends_at__lte=at).order_by("ends_at", "id")
    return tuple(frozen(row) for row in found[:first])


def settling_due(at: datetime, *, first: int = 200) -> tuple[SubscriptionRow, ...]:
    """Return subscriptions whose bills ahead are to be brought up to their end by a time, oldest first."""
    found = Subscription.objects.filter(settle_at__lte=at).order_by("settle_at", "id")
    return tuple(frozen(row) for row in found[:first])


def frozen(row: Subscription) -> SubscriptionRow:
    """Freeze a subscription."""
    return SubscriptionRow(
        id=row.id, brand=BrandId(row.brand), account=AccountId(row.account),
        subject=SubjectId(row.subject), service=ServiceId(row.service), state=State(row.state),
        calendar=calendar_of(row), price=money(row.price_minor, row.currency), billed_to=row.billed_to,
        renew_at=row.renew_at, ends_at=row.ends_at, ended_at=row.ended_at, end_reason=row.end_reason,
        trial_to=row.trial_to, locked_until=row.locked_until, stopped=row.stopped_code,
        created_at=row.created_at, box=row.told,
    )  # fmt: skip


def _one(**known: object) -> SubscriptionRow:
    row = Subscription.objects.filter(**known).first()
    if row is None:
        raise NoSuchSubscription
    return frozen(row)


def _same(row: Any, kind: type[Any]) -> dict[str, Any]:
    """Return the fields of a closed row, for the open one."""
    return {one.name: getattr(row, one.name) for one in fields(kind)}
