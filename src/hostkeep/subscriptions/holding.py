"""What subscriptions' actions and queries share: rows under lock, their calendar, their parts.

Only modules of `subscriptions.actions` and `subscriptions.queries` call this.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from hostkeep.kernel.act import Act
from hostkeep.kernel.money import MILLION, halves_away
from hostkeep.runtime.inserting import insert
from hostkeep.subscriptions.boxing import seal_title
from hostkeep.subscriptions.errors import NoSuchSubscription
from hostkeep.subscriptions.models import Part, Subscription
from hostkeep.subscriptions.rules.projecting import ADD_ON
from hostkeep.subscriptions.rules.terms import Calendar, term


def calendar_of(row: Subscription) -> Calendar:
    """Return what makes a subscription's periods."""
    return Calendar(row.anchor_at, row.zone, term(row.unit, row.count), row.align_day)


def held(subscription: UUID, *, brand: str) -> Subscription:
    """Return a subscription of a brand, its row locked to the end of the transaction.

    Raises NoSuchSubscription.
    """
    row = Subscription.objects.select_for_update().filter(id=subscription, brand=brand).first()
    if row is None:
        raise NoSuchSubscription
    return row


def add_part(
    act: Act, row: Subscription, *, kind: str, title: str, unit: int, quantity: int = 1,
    cycles: int | None = None,
) -> Part:  # fmt: skip
    """Write a part of what a subscription comes to, as new_part makes it."""
    part = new_part(act, row, kind=kind, title=title, unit=unit, quantity=quantity, cycles=cycles)
    insert([part])
    return part


def new_part(
    act: Act, row: Subscription, *, kind: str, title: str, unit: int, quantity: int = 1,
    cycles: int | None = None,
) -> Part:  # fmt: skip
    """Return a new part of what a subscription comes to, its title sealed.  Whoever calls writes it.

    unit    for a whole term and one piece, in minor units
    cycles  periods that it holds for, or None: for good
    """
    name = uuid4()
    return Part(
        id=name, subscription=row, kind=kind, title=seal_title(act, row, name, title), unit_minor=unit,
        quantity=quantity, cycles_left=cycles, started_at=act.at,
    )  # fmt: skip


def sum_of(parts: Iterable[Part]) -> int:
    """Return what parts come to for a whole term; discounts take no more than there is beside add-ons."""
    found = list(parts)
    plan = sum(part.unit_minor * part.quantity for part in found if part.kind == "plan")
    extras = sum(_whole(part, plan) for part in found if part.kind == ADD_ON)
    return extras + max(0, sum(_whole(part, plan) for part in found if part.kind != ADD_ON))


def _whole(part: Part, plan: int) -> int:
    """Return what a part comes to for a whole term.  plan: what the plan does, of which it may be a part."""
    if part.rate is not None:
        return -halves_away(plan * part.rate, MILLION)
    return part.unit_minor * part.quantity
