"""How a subscription goes on by itself: what each next period costs, and when its invoice is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.rules.discounts import DISCOUNT, Off
from hostkeep.subscriptions.rules.pricing import NewPrice, holds, made_at
from hostkeep.subscriptions.rules.prorating import price_of
from hostkeep.subscriptions.rules.terms import Calendar, following

PLAN, ADD_ON = "plan", "add_on"


@dataclass(frozen=True, slots=True)
class Priced:
    """A part of what a subscription comes to.

    kind         plan, option, add_on or discount
    unit         of one piece for a whole term; negative for a discount
    cycles_left  periods that a discount still holds for, or None: for good
    rate         of a discount that is a part of the plan's price, millionths: unit is what it came to last
    taken_at     when its owner took it at its price, where a new one may hold
    new          prices that were announced for it, of a plan or an add-on
    """

    kind: str
    unit: Money
    quantity: int
    cycles_left: int | None = None
    rate: int | None = None
    taken_at: datetime | None = None
    new: tuple[NewPrice, ...] = ()

    def in_period(self, starts: datetime, locked_until: datetime | None) -> Priced:
        """Return it at the price that a period begins with, as the renewal run takes it over."""
        if self.taken_at is None:
            return self
        found = holds(self.new, starts=starts, since=self.taken_at, locked_until=locked_until)
        return self if found is None else replace(self, unit=found.each)


@dataclass(frozen=True, slots=True)
class Course:
    """A subscription on its way.

    parts         discounts last
    renew_at      when the next invoice is made, or None: none follows
    zero_bill     whether a period that costs nothing gets an invoice
    locked_until  until when its prices are promised, or None
    """

    calendar: Calendar
    parts: tuple[Priced, ...]
    billed_to: datetime
    renew_at: datetime | None
    lead: timedelta
    zero_bill: bool = False
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Billed:
    """A period as it would be billed.  amounts: quantity and price of one piece, part by part.

    is_billed  whether it gets an invoice
    """

    period: Period
    amounts: tuple[tuple[int, Money], ...]
    is_billed: bool


def amounts_of(parts: Sequence[Priced], plan: Calendar, period: Period) -> tuple[tuple[int, Money], ...]:
    """Return what a period costs, part by part; discounts take no more than there is but add-ons.

    parts  discounts last
    """
    left, found = 0, []
    for part in parts:
        unit = price_of(taken_off(part, parts) if part.kind == DISCOUNT else part.unit, plan, period)
        if part.kind == DISCOUNT:
            unit = max(unit, Money(-left, unit.currency), key=lambda amount: amount.minor)
        quantity = 1 if part.kind == DISCOUNT else part.quantity
        found.append((quantity, unit))
        left += 0 if part.kind == ADD_ON else unit.minor * quantity
    return tuple(found)


def taken_off(part: Priced, parts: Sequence[Priced]) -> Money:
    """Return a discount on a whole term: the amount it is, or its part of what the plan costs now."""
    if part.rate is None:
        return part.unit
    whole = sum(each.unit.minor * each.quantity for each in parts if each.kind == PLAN)
    return -Off(part.rate).on(Money(whole, part.unit.currency))


def go_on(course: Course) -> tuple[Billed, Course]:
    """Return the next period, and the subscription after it was billed.  Raises DateOutOfReach.

    New prices that were announced hold from the period that begins with them.
    """
    period = following(course.calendar, course.billed_to)
    parts = tuple(part.in_period(period.start, course.locked_until) for part in course.parts)
    amounts = amounts_of(parts, course.calendar, period)
    comes_to = sum(quantity * unit.minor for quantity, unit in amounts)
    is_billed = bool(amounts) and (course.zero_bill or comes_to != 0)
    spent = tuple(_spent(part) for part in parts if part.cycles_left is None or part.cycles_left > 1)
    after = replace(
        course, parts=spent, billed_to=period.end, renew_at=made_at(period, course.calendar, course.lead)
    )
    return Billed(period, amounts, is_billed), after


def _spent(part: Priced) -> Priced:
    """Count a period off a discount that holds for some."""
    return part if part.cycles_left is None else replace(part, cycles_left=part.cycles_left - 1)
