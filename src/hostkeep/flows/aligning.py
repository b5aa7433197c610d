"""Bringing what an account has to one day of the month, after it saw what the periods in between cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.money import Money, total
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.actions.changing import align
from hostkeep.subscriptions.errors import BadPrice, NoSuchMove
from hostkeep.subscriptions.queries.changes import waiting_of
from hostkeep.subscriptions.queries.courses import courses_of
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, subscriptions_of
from hostkeep.subscriptions.rules.aligning import aligned
from hostkeep.subscriptions.rules.projecting import Priced, amounts_of
from hostkeep.subscriptions.rules.states import RENEWS


@dataclass(frozen=True, slots=True)
class Brought:
    """A subscription that would be brought to a day.

    stub   the period in between, from the end of what is billed to the day
    price  what it costs, as the brand's prices are, without a promo code's discount
    """

    row: SubscriptionRow
    stub: Period
    price: Money


def movable(of: AccountId) -> tuple[SubscriptionRow, ...]:
    """Return the subscriptions of an account that can be brought to a day, oldest first.  Two queries.

    Those that go on, run, and are counted in months or years; one with a change that waits is left alone.
    """
    found = [
        row for row in reversed(subscriptions_of(of)) if row.state in RENEWS and row.calendar.term.months
    ]
    waits = waiting_of([row.id for row in found])
    return tuple(row for row in found if row.id not in waits)


def preview(of: AccountId, *, day: int) -> tuple[Brought, ...]:
    """Return what bringing an account's subscriptions to a day of the month would come to; do nothing.

    day  1 to 31
    What is there already is left out.  Raises BadTerm.
    """
    rows = [row for row in movable(of) if row.calendar.align_day != day]
    parts = {each.id: each.course.parts for each in courses_of(of)} if rows else {}
    return tuple(_brought(row, day, parts.get(row.id, ())) for row in rows)


def bring(act: Act, *, of: AccountId, day: int, seen: Mapping[UUID, tuple[datetime, int]]) -> int:
    """Bring some subscriptions of an account to a day of the month; return how many.

    seen  of each, as it was shown: where the period in between ends, and what it costs in minor units

    Nothing is done where one of them would come to something else by now.  Nothing is billed by it: the
    period in between is, when its turn comes.  Cut off, the same again does the rest.
    Raises BadTerm, BadPrice (something else by now), NoSuchMove (one that is not shown).
    """
    there = {row.id for row in movable(of) if row.calendar.align_day == day}
    known = {each.row.id: each for each in preview(of, day=day)}
    left = [name for name in seen if name not in there]
    if not known.keys() >= set(left):
        raise NoSuchMove(state="", move="align")
    if any((known[name].stub.end, known[name].price.minor) != seen[name] for name in left):
        raise BadPrice
    for name in left:
        align(act, subscription=name, of=of, day=day)
    return len(left)


def _brought(row: SubscriptionRow, day: int, parts: Sequence[Priced]) -> Brought:
    """Reckon one, part by part as its invoice will: each line of an add-on is rounded by itself.

    parts  what it comes to; what holds for some terms alone, as a code's discount may, is left out
    """
    found = aligned(row.calendar, billed_to=row.billed_to, day=day, price=row.price)
    listed = [part for part in parts if part.cycles_left is None]
    if not listed:
        return Brought(row, found.stub, found.price)
    amounts = amounts_of(listed, found.calendar, found.stub)
    comes_to = total([unit.times(pieces) for pieces, unit in amounts], row.price.currency)
    return Brought(row, found.stub, comes_to)
