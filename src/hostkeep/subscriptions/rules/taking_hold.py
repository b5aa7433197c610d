"""What follows where a change that waited takes hold: for the deed that makes it so, and for who looks ahead.

What was billed without it meanwhile costs the difference; another term is counted from what is billed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from hostkeep.kernel.money import Money, total
from hostkeep.kernel.period import Period
from hostkeep.kernel.terms import Term
from hostkeep.subscriptions.rules.add_ons import Pieces, extras_at
from hostkeep.subscriptions.rules.agreeing import Taken
from hostkeep.subscriptions.rules.changing import BilledAt, Late, Wanted, turn_of
from hostkeep.subscriptions.rules.prorating import price_of
from hostkeep.subscriptions.rules.terms import Calendar


def in_another_term(plan: Calendar, new: Term, *, billed_to: datetime) -> Calendar:
    """Return what makes the periods of another term: counted from the end of what is billed.

    Who takes days or hours has no day of the month any more.
    """
    return replace(plan, anchor=billed_to, term=new, align_day=plan.align_day if new.months else None)


def late_for(wanted: Wanted, billed: Sequence[BilledAt], plan: Calendar, had: Iterable[Pieces]) -> Late:
    """Return what periods cost more at the new prices that were billed while a change waited to be paid.

    billed  those periods, at what they were billed at, with their add-ons
    plan    what makes the periods
    had     the add-ons that there are when the change takes hold
    """
    code = wanted.agreed.price.currency
    kept = None if wanted.keeps is None else total(list(extras_at(had, wanted.keeps).values()), code)

    def due(each: BilledAt) -> Money:
        prices = each.price, wanted.agreed.price, each.off
        found = turn_of(prices, plan, each.period, at=each.period.start).due
        if kept is None:
            return found
        more = kept - total(list((each.extras or {}).values()), code)
        return found + price_of(more, plan, each.period)

    return _late_of([(each.period, due(each)) for each in billed])


def late_beside(taken: Taken, billed: Iterable[Period], plan: Calendar) -> Late:
    """Return what an add-on costs in periods that were billed without it while it waited to be paid."""
    unit = taken.add_on.unit.times(taken.quantity)
    return _late_of([(period, price_of(unit, plan, period)) for period in billed])


def _late_of(dues: Sequence[tuple[Period, Money]]) -> Late:
    """Return what is to be billed of some periods; nothing where all in all there is nothing to pay."""
    if sum(due.minor for _, due in dues) <= 0:
        return ()
    return tuple((span, due) for span, due in dues if due.minor)
