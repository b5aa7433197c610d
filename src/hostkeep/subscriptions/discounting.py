"""Discounts among a subscription's parts: written, counted off, and what a period was given.

Only modules of `subscriptions.actions`, and those they share, call this.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, Q

from hostkeep.kernel.act import Act
from hostkeep.kernel.terms import Term
from hostkeep.subscriptions.holding import add_part
from hostkeep.subscriptions.models import Part, Subscription
from hostkeep.subscriptions.rules.agreeing import Discount
from hostkeep.subscriptions.rules.discounts import (
    DISCOUNT,
    Off,
    in_another_term,
    off_of_all,
    still_takes_off,
)


def add_discount(act: Act, row: Subscription, discount: Discount) -> None:
    """Write what is taken off, its title sealed."""
    part = add_part(
        act, row, kind=DISCOUNT, title=discount.title, unit=-discount.each.minor, cycles=discount.periods
    )
    part.rate = discount.rate or None
    part.save(update_fields=["rate"])


def fit_discounts(row: Subscription, *, old: Term, new: Term, at: datetime) -> None:
    """Have discounts take off in another term what they do in the present one, for as long; or end them.

    A part of the price goes with the price; for so many terms it holds as fit into the time that is left.
    """
    for part in Part.objects.filter(subscription=row, kind=DISCOUNT, ended_at=None):
        amount, left = in_another_term(-part.unit_minor, part.cycles_left, old=old, new=new)
        part.unit_minor, part.cycles_left = -amount, left
        if not still_takes_off(amount, left, rate=part.rate):
            part.ended_at = at
        part.save(update_fields=["unit_minor", "cycles_left", "ended_at"])


def end_discounts(row: Subscription, *, at: datetime) -> None:
    """End discounts: they are not good for what is had from now on."""
    Part.objects.filter(subscription=row, kind=DISCOUNT, ended_at=None).update(ended_at=at)


def off_in(parts: Iterable[Part]) -> Off:
    """Return what the discounts among parts take off."""
    return off_of_all((part.rate, -part.unit_minor) for part in parts if part.kind == DISCOUNT)


def off_of(parts: Iterable[Part]) -> dict[str, Any]:
    """Return the columns by which a period remembers the discount it was given."""
    off = off_in(parts)
    return {"off_rate": off.rate, "off_minor": off.minor}


def spend_discounts(parts: Iterable[Part], *, at: datetime) -> None:
    """Count a period off discounts that hold for some, and end those that are used up."""
    counted = [part.id for part in parts if part.cycles_left is not None]
    if counted:
        Part.objects.filter(Q(cycles_left__lte=1), id__in=counted).update(cycles_left=0, ended_at=at)
        Part.objects.filter(Q(cycles_left__gt=1), id__in=counted).update(cycles_left=F("cycles_left") - 1)
