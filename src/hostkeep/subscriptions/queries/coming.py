"""Subscriptions as they go on, with what is settled to come: announced prices, and changes that wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import Money, total
from hostkeep.subscriptions.boxing import BILLING, add_ons_wish, change_wish, told_wish
from hostkeep.subscriptions.extras import frozen_had
from hostkeep.subscriptions.models import Change, Part, Subscription
from hostkeep.subscriptions.queries.courses import CourseRow, course_of, in_order, priced
from hostkeep.subscriptions.repricing import meant_for, new_prices, taken_at
from hostkeep.subscriptions.rules.add_ons import ADDED, Had, taken_from_told
from hostkeep.subscriptions.rules.changing import from_told
from hostkeep.subscriptions.rules.discounts import DISCOUNT
from hostkeep.subscriptions.rules.pricing import NewPrice, promised
from hostkeep.subscriptions.rules.projecting import ADD_ON, PLAN, Priced, Waits, go_on
from hostkeep.subscriptions.turning import billed_without
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

    Two queries, and as many more as with_what_comes asks.  A change that waits to be paid is not in it.
    """
    (row,) = with_what_comes(act, (course_of(subscription),))
    billed, _ = go_on(row.course)
    currency = row.course.parts[0].unit.currency
    had = [part.unit.times(part.quantity) for part in row.course.parts if part.kind not in BESIDE]
    bill = [unit.times(quantity) for quantity, unit in billed.amounts]
    return ComingRow(total(had, currency), total(bill, currency))


def with_what_comes(act: Act, rows: Sequence[CourseRow]) -> tuple[CourseRow, ...]:
    """Return courses of act.brand with what comes of them: changes that wait, and announced prices.

    As the real runs do: what each is for is opened, by the system for its own sums, only where a change waits
    or where the brand has a new price that may hold for one of them; and none holds where it promised that
    prices stay.  What is erased goes on as it was agreed on.
    Two queries where nothing comes, else five, and a few for each period that was billed while a change
    waited to be paid.
    """
    if not rows:
        return ()
    is_locked = promised(brand(act.brand).words).lock_months is None
    changes = () if is_locked else new_prices(act.brand)
    ids = [row.id for row in rows]
    stand = Change.objects.filter(subscription__in=ids, state="waiting")
    waiting = {each.subscription_id: each for each in stand}
    found = Subscription.objects.filter(id__in=ids, brand=act.brand) if changes or waiting else ()
    asked = [
        row for row in found
        if row.id in waiting or any(row.created_at < each.announced_at for each in changes)
    ]  # fmt: skip
    if not asked:
        return tuple(rows)
    comes = _opened(act.in_role("system").for_purpose(BILLING), _cases(asked, waiting), changes)
    return tuple(_with(row, comes[row.id]) if row.id in comes else row for row in rows)


@dataclass(frozen=True, slots=True)
class _Comes:
    """What comes of a subscription: its parts with their new prices, and its change that waits."""

    parts: tuple[Priced, ...]
    waits: Waits | None = None
    paid_by: InvoiceId | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """A subscription of which something may come, closed.

    parts   as they are billed
    since   when its owner took what it is for
    change  what waits, or None
    """

    row: Subscription
    parts: Sequence[Part]
    since: datetime
    change: Change | None

    @property
    def added(self) -> list[Part]:
        """Its add-ons."""
        return [part for part in self.parts if part.kind == ADD_ON and part.add_on]

    @property
    def wishes(self) -> list[ColumnWish[Any]]:
        """What opens it: what it is for, its add-ons, and what waits."""
        beside = [add_ons_wish(self.row, self.added)] if self.added else []
        change = [change_wish(self.row, self.change)] if self.change is not None else []
        return [told_wish(self.row), *beside, *change]

    def comes(self, opened: Iterator[Any], changes: Sequence[NewPrice]) -> _Comes | None:
        """Return what comes of it; None where it is erased: it cannot be renewed either.

        opened  what its wishes hold, and no more of it is taken
        """
        told = next(opened)
        names = next(opened) if self.added else {}
        wanted = next(opened) if self.change is not None else None
        if told is None or names is None:
            return None
        had, code = frozen_had(self.added, names, self.row.currency) if self.added else (), self.row.currency
        taken = {part.id: ("", self.since) for part in self.parts if part.kind == PLAN}
        taken |= {each.id: (each.slug, each.taken or self.row.created_at) for each in had}
        new = {
            part: (at, slug, meant_for(changes, self.row, told, slug)) for part, (slug, at) in taken.items()
        }
        parts = tuple(_priced(part, code, new.get(part.id)) for part in self.parts)
        if self.change is None or wanted is None:
            return _Comes(parts)
        return _Comes(parts, self._waits(self.change, wanted, had, changes), _invoice_of(self.change))

    def _waits(
        self, change: Change, told: Mapping[str, Any], had: Sequence[Had], changes: Sequence[NewPrice]
    ) -> Waits:
        """Return the change that waits, as the rules see it.  told: its opened column."""
        wanted = taken_from_told(told) if change.kind == ADDED else from_told(told)
        billed = tuple(billed_without(self.row, change, had))
        return Waits(change.kind, wanted, billed, tuple(changes))


def _with(row: CourseRow, comes: _Comes) -> CourseRow:
    """Return a course with what comes of it."""
    course = replace(row.course, parts=comes.parts, waits=comes.waits)
    return replace(row, course=course, paid_by=comes.paid_by)


def _invoice_of(change: Change) -> InvoiceId | None:
    """Return what a change is paid by, or None."""
    return InvoiceId(change.invoice) if change.invoice else None


def _cases(rows: Sequence[Subscription], waiting: Mapping[UUID, Change]) -> list[_Case]:
    """Return subscriptions of which something may come.  Two queries."""
    parts, since = _parts_of(rows), taken_at(rows)
    return [_Case(row, parts[row.id], since[row.id], waiting.get(row.id)) for row in rows]


def _opened(act: Act, cases: Sequence[_Case], changes: Sequence[NewPrice]) -> dict[UUID, _Comes]:
    """Return what comes of subscriptions, all of them opened in one batch; what is erased is left out."""

    def made(opened: Sequence[Any]) -> dict[UUID, _Comes]:
        left = iter(opened)
        found = [(case.row.id, case.comes(left, changes)) for case in cases]
        return {row: comes for row, comes in found if comes is not None}

    return use_columns(act, wishes=[wish for case in cases for wish in case.wishes], fn=made)


def _priced(part: Part, currency: str, new: tuple[datetime, str, Sequence[NewPrice]] | None) -> Priced:
    """Return a part as the rules see it; a choice or a discount has no price of its own to announce."""
    seen = priced(part, currency)
    if new is None:
        return seen
    at, slug, found = new
    return replace(seen, taken_at=at, slug=slug, new=tuple(found))


def _parts_of(rows: Sequence[Subscription]) -> dict[UUID, list[Part]]:
    """Return the parts of subscriptions that hold, as they are billed.  One query."""
    found: dict[UUID, list[Part]] = {row.id: [] for row in rows}
    for part in Part.objects.filter(subscription__in=rows, ended_at=None):
        found[part.subscription_id].append(part)
    return {row: in_order(some) for row, some in found.items()}
