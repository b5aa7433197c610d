"""Terms and the periods they make: true to the calendar, without a gap, an overlap or a drift.

Hours are true hours.  Days, months and years are counted on the calendar of the brand's zone, always from the
anchor: what began on the 31st ends on the last day of a shorter month and goes back to the 31st after it.
Where a clock skips the local time the period begins as much later; where it is met twice, at the first.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hostkeep.kernel.period import Period
from hostkeep.kernel.terms import Term, Unit
from hostkeep.subscriptions.errors import BadTerm, DateOutOfReach

LONGEST: dict[str, int] = {"hour": 8784, "day": 3660, "month": 120, "year": 10}
"""Ten years, or one in hours."""

FIRST_YEAR, LAST_YEAR = 2000, 2999
"""Years that are counted with.  9999-12-31, which programs write for "never", is no date of a service."""

LAST_DAY = 31
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What makes the periods of one subscription.

    anchor     aware; the moment at which the first one begins
    zone       IANA name
    align_day  1 to 31: from the second on, periods begin at midnight of this day of the month, the last one
               where there is none, so that several services come due together; None: as the anchor says
    """

    anchor: datetime
    zone: str
    term: Term
    align_day: int | None = None


def term(unit: str, count: int) -> Term:
    """Return a term.  Raises BadTerm."""
    if unit not in LONGEST:
        raise BadTerm(why="unit")
    if not 1 <= count <= LONGEST[unit]:
        raise BadTerm(why="count")
    return Term(cast("Unit", unit), count)


def checked(plan: Calendar) -> Calendar:
    """Return a calendar that periods can be made by.  Raises BadTerm, DateOutOfReach."""
    term(plan.term.unit, plan.term.count)
    try:
        ZoneInfo(plan.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadTerm(why="zone") from None
    if plan.align_day is not None and (not 1 <= plan.align_day <= LAST_DAY or not plan.term.months):
        raise BadTerm(why="align_day")
    _in_reach(plan.anchor)
    return plan


def start_of(plan: Calendar, n: int) -> datetime:
    """Return when period n begins, in UTC.  n: from 0.  Raises DateOutOfReach."""
    if n == 0:
        return _in_reach(plan.anchor)
    if plan.align_day is not None:
        return _aligned(plan, n)
    count = plan.term.count * n
    if plan.term.unit == "hour":
        return _in_reach(_later(plan.anchor.astimezone(UTC), count * _HOUR))
    local = plan.anchor.astimezone(ZoneInfo(plan.zone))
    first = local.date()
    months = plan.term.months * n
    day = _months_after(first, months, first.day) if months else _days_after(first, count)
    return _moment(day, local.time(), plan.zone)


def period_no(plan: Calendar, n: int) -> Period:
    """Return period n.  It ends where the next one begins.  Raises DateOutOfReach."""
    return Period(start_of(plan, n), start_of(plan, n + 1))


def number_at(plan: Calendar, at: datetime) -> int:
    """Return the number of the period that holds a moment.  Raises DateOutOfReach.

    at  not before the anchor
    """
    _in_reach(at)
    n = max(0, int((at - plan.anchor).total_seconds() / plan.term.seconds) - 1)
    while n > 0 and start_of(plan, n) > at:
        n -= 1
    while start_of(plan, n + 1) <= at:
        n += 1
    return n


def following(plan: Calendar, billed_to: datetime) -> Period:
    """Return the period that comes after what is billed, beginning exactly there.

    billed_to  the end of a period of this calendar, or near one: where a zone's rules were changed since, it
               is no longer to the hour where the calendar has it now, and the next period makes up for it
    Raises DateOutOfReach.
    """
    n = number_at(plan, max(billed_to, plan.anchor))
    here, after = start_of(plan, n), start_of(plan, n + 1)
    if after - billed_to < billed_to - here:
        n += 1
    return Period(billed_to.astimezone(UTC), start_of(plan, n + 1))


def whole_of(plan: Calendar, period: Period) -> Period:
    """Return a period as it would be uncut: one that ends on the day it was brought to is a part of it.

    period  of this calendar, or a trial before it; the one at its anchor may be cut short
    """
    if period.start != plan.anchor:
        return period
    uncut = start_of(Calendar(period.start, plan.zone, plan.term), 1)
    return Period(period.start, max(uncut, period.end))


def days_in(period: Period, zone: str) -> int:
    """Return how many calendar days a period spans: one at least, and a part of a day counts as one."""
    place = ZoneInfo(zone)
    start, end = period.start.astimezone(place), period.end.astimezone(place)
    days = (end.date() - start.date()).days
    if end.time() > start.time():
        days += 1
    return max(1, days)


def days_begun(period: Period, zone: str, at: datetime) -> int:
    """Return how many days of a period have begun by a moment: none at its start, all of them at its end."""
    if at <= period.start:
        return 0
    return min(days_in(Period(period.start, at), zone), days_in(period, zone))


def _aligned(plan: Calendar, n: int) -> datetime:
    """Return the n-th midnight of the day that periods are brought to.  n: from 1."""
    day = plan.align_day or 1
    first = plan.anchor.astimezone(ZoneInfo(plan.zone)).date()
    here = first.replace(day=min(day, calendar.monthrange(first.year, first.month)[1]))
    first_one = _moment(here, time(), plan.zone)
    if first_one == plan.anchor:  # it is there: nothing is cut short
        return _moment(_months_after(here, plan.term.months * n, day), time(), plan.zone)
    begin = 0 if first_one > plan.anchor else 1
    return _moment(_months_after(here, begin + plan.term.months * (n - 1), day), time(), plan.zone)


def _months_after(day: date, months: int, wanted: int) -> date:
    """Return the wanted day of the month so many months later, its last where there is none."""
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    if year > LAST_YEAR:
        raise DateOutOfReach
    return date(year, month, min(wanted, calendar.monthrange(year, month)[1]))


def _days_after(day: date, days: int) -> date:
    """Return the day so many days later."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise DateOutOfReach from None


def _later(at: datetime, by: timedelta) -> datetime:
    """Return a moment so much later."""
    try:
        return at + by
    except OverflowError:
        raise DateOutOfReach from None


def _moment(day: date, clock: time, zone: str) -> datetime:
    """Return a local time as a moment of UTC: the first of two, and as much later where it is skipped."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise DateOutOfReach
    local = datetime.combine(day, clock.replace(fold=0), tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC)


def _in_reach(at: datetime) -> datetime:
    """Return a moment in UTC.  Raises DateOutOfReach; ValueError for one without a zone."""
    if at.utcoffset() is None:
        raise ValueError("a moment of a subscription names its zone")
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise DateOutOfReach
    return at.astimezone(UTC)
