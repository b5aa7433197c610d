"""Add-ons at a moment: what more or less of one comes to, and having what was asked for.  Rows come locked.

Only modules of `subscriptions.actions` and `subscriptions.queries` call this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hostkeep.kernel.act import Act
from hostkeep.subscriptions.extras import write_taken
from hostkeep.subscriptions.holding import calendar_of
from hostkeep.subscriptions.models import Change, Subscription
from hostkeep.subscriptions.rules.add_ons import Had, reckon_less, reckon_more
from hostkeep.subscriptions.rules.agreeing import Taken, Told
from hostkeep.subscriptions.rules.changing import Change as Reckoned
from hostkeep.subscriptions.rules.changing import Late
from hostkeep.subscriptions.rules.taking_hold import late_beside
from hostkeep.subscriptions.turning import (
    billed_since,
    billed_whole,
    close,
    earlier_of,
    now_of,
    taken_in_all_terms,
)

UNTOLD = Told("", "", "", {})
"""What is had besides: no sum of an add-on asks for it."""


def reckoned_more(act: Act, row: Subscription, had: Sequence[Had], taken: Taken) -> Reckoned:
    """Say what an add-on comes to now.  Raises NoSuchMove."""
    whole = taken_in_all_terms(row, taken, act.at)
    return reckon_more(now_of(row, UNTOLD, act.at), had, whole, at=act.at)


def reckoned_less(act: Act, row: Subscription, had: Sequence[Had], *, slug: str, quantity: int) -> Reckoned:
    """Say what is given back where so many of an add-on are taken off.  Raises NoSuchMove, NoSuchAddOn."""
    reckoned = reckon_less(now_of(row, UNTOLD, act.at), had, slug=slug, quantity=quantity, at=act.at)
    return billed_whole(row, reckoned)


def close_add_on(act: Act, row: Subscription, change: Change, taken: Taken) -> Late:
    """Have an add-on that was asked for, and tell the house.

    Returns what is still to be billed: its price for what was billed without it since it was asked for.
    """
    late = late_beside(taken, [span for _, span in billed_since(row, change)], calendar_of(row))
    earlier = [
        (span.end, taken.add_on.earlier[plan.term]) for plan, span in earlier_of(row, act.at)
        if plan.term in taken.add_on.earlier
    ]  # fmt: skip
    whole = replace(taken, lines=(*taken.lines, change.id))
    write_taken(act, row, whole, until=max(earlier, key=lambda each: each[0], default=None))
    close(act, row, change)
    return late
