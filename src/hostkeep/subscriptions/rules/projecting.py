"""How a subscription goes on by itself: what each next period costs, and when its invoice is made.

And how it goes on since a change that waits took hold, as the deed makes it so (subscriptions.turning).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hostkeep.kernel.money import Money, total
from hostkeep.kernel.period import Period
from hostkeep.kernel.terms import Term
from hostkeep.subscriptions.rules.add_ons import added_up, kept_at
from hostkeep.subscriptions.rules.agreeing import Taken
from hostkeep.subscriptions.rules.changing import TERM, BilledAt, Late, Wanted
from hostkeep.subscriptions.rules.discounts import (
    DISCOUNT,
    Off,
    in_another_term,
    off_of_all,
    still_takes_off,
)
from hostkeep.subscriptions.rules.pricing import NewPrice, holds, made_at, meant_for
from hostkeep.subscriptions.rules.prorating import price_of
from hostkeep.subscriptions.rules.taking_hold import in_another_term as calendar_in_another
from hostkeep.subscriptions.rules.taking_hold import late_beside, late_for
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
    slug         of an add-on: which it is, where that was opened
    """

    kind: str
    unit: Money
    quantity: int
    cycles_left: int | None = None
    rate: int | None = None
    taken_at: datetime | None = None
    new: tuple[NewPrice, ...] = ()
    slug: str = ""

    def in_period(self, starts: datetime, locked_until: datetime | None) -> Priced:
        """Return it at the price that a period begins with, as the renewal run takes it over."""
        if self.taken_at is None:
            return self
        found = holds(self.new, starts=starts, since=self.taken_at, locked_until=locked_until)
        return self if found is None else replace(self, unit=found.each)


@dataclass(frozen=True, slots=True)
class Waits:
    """A change that waits: for the next period, or to be paid.

    kind       TERM, or one that is paid first
    wanted     what is wanted in place of what is had, or the add-on that is wanted beside it
    billed     the periods that were billed without it since it was asked for, at what they were billed at
    announced  the brand's new prices, of which some may be for an add-on that stays beside what is wanted
    """

    kind: str
    wanted: Wanted | Taken
    billed: tuple[BilledAt, ...] = ()
    announced: tuple[NewPrice, ...] = ()

    @property
    def product(self) -> str | None:
        """What is had once it holds, as the catalogue names it, or None: what was."""
        return self.wanted.agreed.product if isinstance(self.wanted, Wanted) else None


@dataclass(frozen=True, slots=True)
class Course:
    """A subscription on its way.

    parts         discounts last
    renew_at      when the next invoice is made, or None: none follows
    zero_bill     whether a period that costs nothing gets an invoice
    locked_until  until when its prices are promised, or None
    waits         its change that waits, or None
    """

    calendar: Calendar
    parts: tuple[Priced, ...]
    billed_to: datetime
    renew_at: datetime | None
    lead: timedelta
    zero_bill: bool = False
    locked_until: datetime | None = None
    waits: Waits | None = None

    @property
    def turns(self) -> bool:
        """Whether its next period is to be one of another term."""
        return self.waits is not None and self.waits.kind == TERM


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

    New prices that were announced hold from the period that begins with them, and so does another term.
    """
    if course.turns:
        course, _ = take_hold(course)
    period = following(course.calendar, course.billed_to)
    parts = tuple(part.in_period(period.start, course.locked_until) for part in course.parts)
    amounts = amounts_of(parts, course.calendar, period)
    comes_to = sum(quantity * unit.minor for quantity, unit in amounts)
    is_billed = bool(amounts) and (course.zero_bill or comes_to != 0)
    spent = tuple(_spent(part) for part in parts if part.cycles_left is None or part.cycles_left > 1)
    waits = course.waits
    if waits is not None:
        waits = replace(waits, billed=(*waits.billed, _billed_at(period, parts)))
    after = replace(
        course, parts=spent, billed_to=period.end, renew_at=made_at(period, course.calendar, course.lead),
        waits=waits,
    )  # fmt: skip
    return Billed(period, amounts, is_billed), after


def take_hold(course: Course) -> tuple[Course, Late]:
    """Let the change that waits hold; return what is still to be billed of periods billed without it, too.

    What is taken now is taken at its price of now: nothing that was announced before is for it.
    """
    waits = course.waits
    if waits is None:
        return course, ()
    wanted, had = waits.wanted, _extras(course.parts)
    if isinstance(wanted, Taken):
        late = late_beside(wanted, [each.period for each in waits.billed], course.calendar)
        return replace(course, parts=_with_add_on(course.parts, wanted), waits=None), late
    late = late_for(wanted, waits.billed, course.calendar, had)
    parts, calendar, new = _replaced(course.parts, wanted, waits), course.calendar, wanted.agreed.term
    if new != calendar.term:
        parts = tuple(fit for part in parts for fit in _fitted(part, old=calendar.term, new=new))
        calendar = calendar_in_another(calendar, new, billed_to=course.billed_to)
    return replace(course, parts=parts, calendar=calendar, waits=None), late


def _replaced(parts: Sequence[Priced], wanted: Wanted, waits: Waits) -> tuple[Priced, ...]:
    """Return parts with what is wanted in place of the plan that is had; discounts last."""
    plan = Priced(PLAN, wanted.agreed.price, 1)
    others = [part for part in parts if part.kind not in {PLAN, ADD_ON, DISCOUNT}]
    bare = [part for part in parts if part.kind == ADD_ON and not part.slug]
    off = () if wanted.ends_discount else [part for part in parts if part.kind == DISCOUNT]
    return (plan, *others, *_beside(_extras(parts), wanted, waits), *bare, *off)


def _beside(had: Sequence[Priced], wanted: Wanted, waits: Waits) -> list[Priced]:
    """Return what add-ons go on as beside what is wanted."""
    if wanted.keeps is not None:
        kept = kept_at(had, wanted.keeps)
        return [replace(each, unit=price, taken_at=None, new=()) for each, price in kept]
    what = wanted.agreed
    code = what.price.currency.code

    def announced(slug: str) -> tuple[NewPrice, ...]:
        changes = waits.announced
        found = meant_for(changes, product=what.product, plan=what.plan, currency=code, add_on=slug)
        return tuple(found)

    return [replace(each, new=announced(each.slug)) for each in had]


def _with_add_on(parts: Sequence[Priced], taken: Taken) -> tuple[Priced, ...]:
    """Return parts with an add-on beside them; what is bought once is none."""
    if not taken.add_on.recurs:
        return tuple(parts)
    more = Priced(ADD_ON, taken.add_on.unit, taken.quantity, slug=taken.add_on.slug)
    off = [part for part in parts if part.kind == DISCOUNT]
    return (*(part for part in parts if part.kind != DISCOUNT), more, *off)


def _fitted(part: Priced, *, old: Term, new: Term) -> list[Priced]:
    """Return a part in another term: a discount takes off what it did in the time, or ends."""
    if part.kind != DISCOUNT:
        return [part]
    amount, left = in_another_term(-part.unit.minor, part.cycles_left, old=old, new=new)
    if not still_takes_off(amount, left, rate=part.rate):
        return []
    return [replace(part, unit=Money(-amount, part.unit.currency), cycles_left=left)]


def _extras(parts: Sequence[Priced]) -> list[Priced]:
    """Return the add-ons among parts, as far as it is known which they are."""
    return [part for part in parts if part.kind == ADD_ON and part.slug]


def _billed_at(period: Period, parts: Sequence[Priced]) -> BilledAt:
    """Return a period as it was billed.  parts: at the prices that it began with."""
    price = total([part.unit for part in parts if part.kind == PLAN], parts[0].unit.currency)
    off = off_of_all((part.rate, -part.unit.minor) for part in parts if part.kind == DISCOUNT)
    extras = added_up((part.slug, part.unit.times(part.quantity)) for part in _extras(parts))
    return BilledAt(period, price, off.given_on(price), extras)


def _spent(part: Priced) -> Priced:
    """Count a period off a discount that holds for some."""
    return part if part.cycles_left is None else replace(part, cycles_left=part.cycles_left - 1)
