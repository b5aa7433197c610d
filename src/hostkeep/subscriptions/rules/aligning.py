"""Bringing subscriptions to one day of the month: the period that is cut short, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.rules.prorating import price_of
from hostkeep.subscriptions.rules.terms import Calendar, checked, period_no


@dataclass(frozen=True, slots=True)
class Aligned:
    """How a subscription goes on from the end of what is billed.

    calendar  counted anew from there
    stub      the first period of it, which ends on the day
    price     what that costs: its days of a whole term, without a promo code's discount
    """

    calendar: Calendar
    stub: Period
    price: Money


def aligned(now: Calendar, *, billed_to: datetime, day: int, price: Money) -> Aligned:
    """Say how a calendar goes on when its periods are brought to a day of the month.

    day    1 to 31; the last one of a month that has fewer
    price  of a whole term
    Raises BadTerm (no such day, or a term that is counted in hours or days), DateOutOfReach.
    """
    anew = checked(Calendar(billed_to, now.zone, now.term, day))
    stub = period_no(anew, 0)
    return Aligned(anew, stub, price_of(price, anew, stub))
