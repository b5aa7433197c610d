"""Meters as they stand: what was used so far, what is due to be billed, what was billed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Max, Min, Q, Sum
from django.db.models.functions import Coalesce, TruncDate

from hostkeep.kernel.ids import AccountId, BrandId, ServiceId, SubjectId
from hostkeep.kernel.money import Currency, Money, money
from hostkeep.kernel.period import Period
from hostkeep.kernel.terms import Term
from hostkeep.subscriptions.boxing import meter_wish
from hostkeep.subscriptions.errors import NoSuchMeter
from hostkeep.subscriptions.models import Alert, Metered, Reading, Subscription, Use
from hostkeep.subscriptions.rules.metering import BY_HAND, Meter
from hostkeep.subscriptions.rules.terms import Calendar, number_at, period_no
from hostkeep.vault.column_door import ColumnWish

MONTH = Term("month", 1)
"""Use is billed by the month, whatever the term of the plan."""

SHORTEST = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class MeterRow:
    """A meter of a subscription.

    open      what was used and is not billed yet, in the meter's smallest unit
    period    the period that is not billed yet
    cap, alert  limits of its owner, or None
    """

    id: UUID
    subscription: UUID
    service: ServiceId
    account: AccountId
    currency: Currency
    open: int
    period: Period
    cap: Money | None
    alert: Money | None
    wish: ColumnWish[Meter] = field(repr=False)


@dataclass(frozen=True, slots=True)
class UseRow:
    """What was used in a period that was billed.  invoice: None where it came to nothing."""

    metered: UUID
    period: Period
    quantity: int
    full: Money
    amount: Money
    invoice: UUID | None


@dataclass(frozen=True, slots=True)
class UseDue:
    """A period of a subscription's use that is over and not billed."""

    subscription: UUID
    brand: BrandId
    period: Period


@dataclass(frozen=True, slots=True)
class ReachedRow:
    """A limit that was reached.  kind: "alert" or "cap".  starts_at: of the period it was reached in."""

    kind: str
    metered: UUID
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class ByHandRow:
    """A reading that staff entered.  why: a word of rules.metering.REASONS_BY_HAND."""

    metered: UUID
    quantity: int
    period: Period
    why: str
    taken_at: datetime


def meters_of(account: AccountId, *, service: ServiceId | None = None) -> tuple[MeterRow, ...]:
    """Return the meters of an account, or of one service of it, as they stand.  Three queries."""
    found = Metered.objects.filter(subscription__account=account, ended_at=None)
    if service is not None:
        found = found.filter(subscription__service=service)
    return _rows(found.select_related("subscription").order_by("started_at", "id"))


def meters_by_id(ids: Iterable[UUID]) -> tuple[MeterRow, ...]:
    """Return meters as they stand, for flows.  Three queries."""
    return _rows(Metered.objects.filter(id__in=list(ids)).select_related("subscription"))


def meter(metered: UUID, *, of: AccountId) -> MeterRow:
    """Return one meter of an account.  Raises NoSuchMeter, also for another's."""
    found = Metered.objects.filter(id=metered, subscription__account=of, ended_at=None)
    rows = _rows(found.select_related("subscription"))
    if not rows:
        raise NoSuchMeter
    return rows[0]


def days_used(rows: Sequence[MeterRow], *, zone: str) -> Mapping[UUID, Mapping[date, int]]:
    """Return what is not billed yet of meters, by the day of a zone on which a reading began.  One query.

    zone  an IANA name
    Of readings that began before the meter's open period, and of what was added up, no day is told: that is
    what is missing to MeterRow.open.
    """
    days: dict[UUID, dict[date, int]] = {row.id: {} for row in rows}
    if not rows:
        return days
    own = [Q(metered=row.id, starts_at__gte=row.period.start) for row in rows]
    found = (
        Reading.objects.filter(reduce(or_, own), use=None)
        .annotate(day=TruncDate("starts_at", tzinfo=ZoneInfo(zone)))
        .values_list("metered", "day")
        .annotate(Sum("quantity"))
    )
    for metered, on, quantity in found:
        days[metered][on] = quantity
    return days


def begun_since(rows: Sequence[MeterRow], *, at: datetime) -> Mapping[UUID, tuple[Period, int]]:
    """Return what was used after a meter's open period was over, and the period that it is billed with.

    For meters whose open period is over at a time and not billed yet: MeterRow.open holds both.  Those that
    used nothing since are left out.  Two queries where there is such a meter, else none.
    """
    over = {row.id: row for row in rows if row.period.start < row.period.end <= at}
    if not over:
        return {}
    own = [Q(metered=row.id, ends_at__gt=row.period.end) for row in over.values()]
    readings = Reading.objects.filter(reduce(or_, own), use=None)
    later = dict(readings.values_list("metered").annotate(Sum("quantity")))
    found = {}
    for meter in Metered.objects.filter(id__in=later).select_related("subscription"):
        period = _period_of(meter.subscription, over[meter.id].period.end)
        if period is not None:
            found[meter.id] = (period, int(later[meter.id]))
    return found


def noted_limits(rows: Sequence[MeterRow]) -> frozenset[tuple[UUID, str]]:
    """Return which limits were noted in the period that is open: the meter and the kind.  One query."""
    since = {row.id: row.period.start for row in rows}
    found = Alert.objects.filter(metered__in=list(since)).values_list("metered", "kind", "period_starts_at")
    return frozenset((metered, kind) for metered, kind, start in found if start == since[metered])


def readings_by_hand(ids: Iterable[UUID], *, first: int = 20) -> tuple[ByHandRow, ...]:
    """Return the newest readings of meters that staff entered.  One query."""
    found = Reading.objects.filter(metered__in=list(ids), once__startswith=BY_HAND)
    return tuple(
        ByHandRow(
            row.metered_id, row.quantity, Period(row.starts_at, row.ends_at),
            row.once.removeprefix(BY_HAND).partition(":")[0], row.taken_at,
        )
        for row in found.order_by("-taken_at", "-id")[:first]
    )  # fmt: skip


def reached_limit(alert: UUID) -> ReachedRow:
    """Return a limit that was reached.  Raises NoSuchMeter where it has ended with the readings."""
    row = Alert.objects.filter(id=alert).first()
    if row is None:
        raise NoSuchMeter
    return ReachedRow(row.kind, row.metered_id, row.period_starts_at)


def has_meters(subscription: UUID) -> bool:
    """Say whether something of a subscription is counted."""
    return Metered.objects.filter(subscription=subscription).exists()


def subjects_of(ids: Iterable[UUID], *, brand: BrandId) -> frozenset[SubjectId]:
    """Return whose the meters of a brand are."""
    found = Metered.objects.filter(id__in=list(ids), subscription__brand=brand)
    return frozenset(SubjectId(each) for each in found.values_list("subscription__subject", flat=True))


def uses_of(account: AccountId, *, service: ServiceId | None = None, first: int = 60) -> tuple[UseRow, ...]:
    """Return what was billed of an account's meters, newest first.  One query."""
    found = Use.objects.filter(metered__subscription__account=account)
    if service is not None:
        found = found.filter(metered__subscription__service=service)
    rows = found.select_related("metered__subscription").order_by("-starts_at", "id")[:first]
    return tuple(_use(row) for row in rows)


def use_due(at: datetime, *, first: int = 500) -> tuple[UseDue, ...]:
    """Return periods of metered use that are over and not billed, one a subscription, oldest first.

    A subscription that has ended is billed to its end.  One query.
    """
    use_from = Coalesce(Max("meters__uses__ends_at"), Min("meters__started_at"))
    found = Subscription.objects.exclude(meters=None).annotate(use_from=use_from)
    # A period is never shorter than February; the rest is for the calendar, in Python.
    unbilled = Q(ended_at=None) | Q(ended_at__gt=F("use_from"))
    shorter = found.filter(unbilled, Q(use_from__lte=at - SHORTEST) | Q(ended_at__lte=at))
    due = []
    for row in shorter.order_by("use_from", "id")[: 2 * first]:
        period = _period_of(row, row.use_from)
        if period is not None and period.end <= at:
            due.append(UseDue(row.id, BrandId(row.brand), period))
    return tuple(due[:first])


def end_of_unbilled(row: Subscription, metered: Metered) -> datetime:
    """Return when the period of a meter ends that is billed next."""
    newest = Use.objects.filter(metered=metered).aggregate(newest=Max("ends_at"))["newest"]
    since = newest or metered.started_at
    period = _period_of(row, since)
    return since if period is None else period.end


def _period_of(row: Subscription, since: datetime) -> Period | None:
    """Return the metered period that is not billed yet, cut at the subscription's end; None after that."""
    months = Calendar(row.anchor_at, row.zone, MONTH)
    whole = period_no(months, number_at(months, max(since, row.anchor_at)))
    end = whole.end if row.ended_at is None else min(whole.end, row.ended_at)
    return Period(since, end) if since < end else None


def _rows(found: Iterable[Metered]) -> tuple[MeterRow, ...]:
    """Freeze meters with what is open of each."""
    rows = list(found)
    since = dict(Use.objects.filter(metered__in=rows).values_list("metered").annotate(Max("ends_at")))
    unbilled = Reading.objects.filter(metered__in=rows, use=None)
    sums: Mapping[UUID, int] = dict(unbilled.values_list("metered").annotate(Sum("quantity")))
    return tuple(
        _row(row, since.get(row.id, row.started_at), row.carried + int(sums.get(row.id, 0))) for row in rows
    )


def _row(row: Metered, since: datetime, used: int) -> MeterRow:
    """Freeze a meter."""
    of = row.subscription
    zero = money(0, of.currency)
    period = _period_of(of, since) or Period(since, since)
    return MeterRow(
        row.id, of.id, ServiceId(of.service), AccountId(of.account), zero.currency, used, period,
        _amount(row.cap_minor, of.currency), _amount(row.alert_minor, of.currency), meter_wish(of, row),
    )  # fmt: skip


def _use(row: Use) -> UseRow:
    """Freeze billed use."""
    currency = row.metered.subscription.currency
    return UseRow(
        row.metered_id, Period(row.starts_at, row.ends_at), row.quantity, money(row.full_minor, currency),
        money(row.minor, currency), row.invoice,
    )  # fmt: skip


def _amount(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else money(minor, currency)
