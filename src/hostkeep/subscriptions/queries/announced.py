"""Subscriptions as they go on, with the prices that were announced for what they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.money import Money, total
from hostkeep.subscriptions.boxing import BILLING, add_ons_wish, told_wish
from hostkeep.subscriptions.extras import frozen_had
from hostkeep.subscriptions.models import Part, Subscription
from hostkeep.subscriptions.queries.courses import CourseRow, course_of, in_order, priced
from hostkeep.subscriptions.repricing import meant_for, new_prices, taken_at
from hostkeep.subscriptions.rules.discounts import DISCOUNT
from hostkeep.subscriptions.rules.pricing import NewPrice, promised
from hostkeep.subscriptions.rules.projecting import ADD_ON, PLAN, Priced, go_on
from hostkeep.vault.column_door import ColumnWish, use_columns

BESIDE = frozenset({ADD_ON, DISCOUNT})
"""Parts that are none of the plan's price."""


@dataclass(frozen=True, slots=True)
class ComingRow:
    """What a subscription costs, as the brand's prices are.

    plan  the plan alone for a whole term as it is had now, without add-ons and discounts
    bill  what the next period comes to, at the prices that hold in it, with add-ons and less discounts
    """

    plan: Money
    bill: Money


def coming(act: Act, subscription: UUID) -> ComingRow:
    """Return what a subscription's plan and its next period cost.  Raises DateOutOfReach.

    Three queries, and where something was announced as many more as with_new_prices asks.
    """
    (row,) = with_new_prices(act, (course_of(subscription),))
    billed, _ = go_on(row.course)
    currency = row.course.parts[0].unit.currency
    had = [part.unit.times(part.quantity) for part in row.course.parts if part.kind not in BESIDE]
    bill = [unit.times(quantity) for quantity, unit in billed.amounts]
    return ComingRow(total(had, currency), total(bill, currency))


def with_new_prices(act: Act, rows: Sequence[CourseRow]) -> tuple[CourseRow, ...]:
    """Return courses of act.brand with the prices that were announced since what they are for was taken.

    As the renewal run does: what each is for is opened, by the system for its own sums, only where the brand
    has a new price that may hold for one of them; and none holds where it promised that prices stay.
    One query where nothing was announced, else four.
    """
    if not rows or promised(brand(act.brand).words).lock_months is None:
        return tuple(rows)
    changes = new_prices(act.brand)
    found = Subscription.objects.filter(id__in=[row.id for row in rows], brand=act.brand) if changes else ()
    asked = [row for row in found if any(row.created_at < each.announced_at for each in changes)]
    if not asked:
        return tuple(rows)
    parts = _parts_of(asked)
    new = _opened(act.in_role("system").for_purpose(BILLING), asked, parts, changes)
    return tuple(
        replace(row, course=replace(row.course, parts=new[row.id])) if row.id in new else row for row in rows
    )


def _opened(
    act: Act, rows: Sequence[Subscription], parts: Mapping[UUID, Sequence[Part]], changes: Sequence[NewPrice]
) -> dict[UUID, tuple[Priced, ...]]:
    """Return the parts of subscriptions with the new prices that are meant for them; opened in one batch.

    What is erased has none: it cannot be renewed either.
    """
    added = {row.id: [part for part in parts[row.id] if part.kind == ADD_ON and part.add_on] for row in rows}
    having, since = [row for row in rows if added[row.id]], taken_at(rows)
    wishes: list[ColumnWish[Any]] = [told_wish(row) for row in rows]
    wishes += [add_ons_wish(row, added[row.id]) for row in having]

    def made(opened: Sequence[Any]) -> dict[UUID, tuple[Priced, ...]]:
        beside = dict(zip([row.id for row in having], opened[len(rows) :], strict=True))
        found = {}
        for row, told in zip(rows, opened[: len(rows)], strict=True):
            if told is None:
                continue
            taken = {part.id: ("", since[row.id]) for part in _plan_of(parts[row.id])}
            if (names := beside.get(row.id)) is not None:
                for had in frozen_had(added[row.id], names, row.currency):
                    taken[had.id] = (had.slug, had.taken or row.created_at)
            new = {part: (at, meant_for(changes, row, told, slug)) for part, (slug, at) in taken.items()}
            found[row.id] = tuple(_priced(part, row.currency, new.get(part.id)) for part in parts[row.id])
        return found

    return use_columns(act, wishes=wishes, fn=made)


def _priced(part: Part, currency: str, new: tuple[datetime, Sequence[NewPrice]] | None) -> Priced:
    """Return a part as the rules see it; a choice or a discount has no price of its own to announce."""
    seen = priced(part, currency)
    return seen if new is None else replace(seen, taken_at=new[0], new=tuple(new[1]))


def _plan_of(parts: Sequence[Part]) -> Sequence[Part]:
    """Return the plan among parts, as the one that a new price is for."""
    return [part for part in parts if part.kind == PLAN][:1]


def _parts_of(rows: Sequence[Subscription]) -> dict[UUID, list[Part]]:
    """Return the parts of subscriptions that hold, as they are billed.  One query."""
    found: dict[UUID, list[Part]] = {row.id: [] for row in rows}
    for part in Part.objects.filter(subscription__in=rows, ended_at=None):
        found[part.subscription_id].append(part)
    return {row: in_order(some) for row, some in found.items()}
