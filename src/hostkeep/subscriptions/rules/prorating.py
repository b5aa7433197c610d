"""What a part of a period costs: by whole days, or by the second where a period is one of hours.

A day that has begun counts as used.  Parts are made by largest remainders, so that they always add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hostkeep.kernel.money import Money, halves_away
from hostkeep.kernel.period import Period
from hostkeep.kernel.terms import Term
from hostkeep.subscriptions.rules.terms import Calendar, days_begun, days_in, period_no, whole_of

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Split:
    """A period's price, split at a moment.  used + left is the price."""

    used: Money
    left: Money


@dataclass(frozen=True, slots=True)
class Turn:
    """What a change of price in a running period comes to, as the brand's prices are.

    back  what is left of the old price
    pay   what the new price is for the rest
    """

    back: Money
    pay: Money

    @property
    def due(self) -> Money:
        """What is to be paid; less than nothing where something is given back."""
        return self.pay - self.back


def split(price: Money, period: Period, *, at: datetime, zone: str, exact: bool = False) -> Split:
    """Split a period's price into what is used by a moment and what is left.

    zone   IANA name: whose days are counted
    exact  by the second, for periods of hours
    """
    used, left = _weights(period, at, zone, exact=exact)
    parts = price.share([used, left])
    return Split(parts[0], parts[1])


def turn(old: Money, new: Money, period: Period, *, at: datetime, zone: str, exact: bool = False) -> Turn:
    """Say what it comes to where the price of a whole period changes at a moment within it.

    old, new  one currency, for a whole period each
    The same price, or a way there and back at one moment, comes to nothing.
    """
    return Turn(
        split(old, period, at=at, zone=zone, exact=exact).left,
        split(new, period, at=at, zone=zone, exact=exact).left,
    )


def by_its_days(price: Money, sold: Term, plan: Calendar, period: Period) -> Money:
    """Return what another term of a plan comes to at the days of a term that it is sold for.

    price   for a whole one of `sold`
    plan    of the period, which is of the other term
    period  a billed one: as many days as it would have uncut are counted, or seconds where one is of hours
    """
    whole = whole_of(Calendar(period.start, plan.zone, plan.term), period)
    one = period_no(Calendar(period.start, plan.zone, sold), 0)
    if "hour" in {sold.unit, plan.term.unit}:
        return _times(price, whole.end - whole.start, one.end - one.start)
    return _times(price, days_in(whole, plan.zone) * DAY, days_in(one, plan.zone) * DAY)


def at_own_price(price: Money, sold: Term, plan: Calendar) -> Money:
    """Return what something comes to for a whole term that it is not sold for, at the price that it has.

    price  for a whole one of `sold`
    plan   what makes the periods of the other term, the first one at its anchor
    By months where both are of months, as a price for each month is; else by the days of the first period.
    """
    if sold.months and plan.term.months:
        return Money(halves_away(price.minor * plan.term.months, sold.months), price.currency)
    return by_its_days(price, sold, plan, period_no(plan, 0))


def price_of(price: Money, plan: Calendar, period: Period) -> Money:
    """Return what a period costs.

    price  of a whole term
    The one that is cut short, so that those after it begin on the day they are brought to, costs its days of
    a whole one.
    """
    whole = whole_of(plan, period)
    if whole == period:
        return price
    days, of = days_in(period, plan.zone), days_in(whole, plan.zone)
    return price.share([min(days, of), max(0, of - days)])[0]


def _times(price: Money, part: timedelta, of: timedelta) -> Money:
    """Return so much of a price, halves away from nothing."""
    return Money(halves_away(price.minor * (part // TICK), of // TICK), price.currency)


def _weights(period: Period, at: datetime, zone: str, *, exact: bool) -> tuple[int, int]:
    """Return how much of a period is used and left, in days or microseconds."""
    if exact:
        whole, used = max(1, (period.end - period.start) // TICK), (at - period.start) // TICK
    else:
        whole, used = days_in(period, zone), days_begun(period, zone, at)
    used = max(0, min(whole, used))
    return used, whole - used
