"""Add-ons among a subscription's parts: opened, written, and put in one another's place.  Rows come locked.

Only modules of `subscriptions.actions` and `subscriptions.queries`, and those they share, call this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from hostkeep.kernel.act import Act
from hostkeep.kernel.money import Money, money
from hostkeep.subscriptions.boxing import add_ons_wish, as_system, seal_add_on
from hostkeep.subscriptions.errors import NoSuchSubscription
from hostkeep.subscriptions.holding import sum_of
from hostkeep.subscriptions.models import Part, Subscription
from hostkeep.subscriptions.rules.add_ons import Had, left_of
from hostkeep.subscriptions.rules.agreeing import AddOn, Taken
from hostkeep.subscriptions.rules.projecting import ADD_ON
from hostkeep.vault.column_door import use_columns


def parts_of(row: Subscription) -> list[Part]:
    """Return the add-ons of a subscription that hold, the oldest first."""
    found = Part.objects.filter(subscription=row, kind=ADD_ON, ended_at=None, add_on__isnull=False)
    return list(found.order_by("started_at", "id"))


def had_of(act: Act, row: Subscription) -> tuple[Had, ...]:
    """Return the add-ons of a subscription that hold, opened as the system does for its own sums.

    Raises NoSuchSubscription where they are erased, and the vault's refusals.
    """
    parts = parts_of(row)
    if not parts:
        return ()

    def there(told: Sequence[Mapping[UUID, Mapping[str, Any]] | None]) -> tuple[Had, ...]:
        if told[0] is None:
            raise NoSuchSubscription
        return frozen_had(parts, told[0], row.currency)

    return use_columns(as_system(act, row), wishes=[add_ons_wish(row, parts)], fn=there)


def frozen_had(
    parts: Sequence[Part], told: Mapping[UUID, Mapping[str, Any]], currency: str
) -> tuple[Had, ...]:
    """Freeze add-ons that are opened."""
    return tuple(
        Had(
            part.id, told[part.id]["slug"], told[part.id]["title"], money(part.unit_minor, currency),
            part.quantity, bool(told[part.id]["work"]),
            frozenset({part.id, *(UUID(each) for each in told[part.id]["lines"])}),
            bool(told[part.id]["recurs"]), part.started_at, part.ended_at,
        )
        for part in parts
    )  # fmt: skip


def write_taken(act: Act, row: Subscription, taken: Taken) -> None:
    """Write an add-on as a part; what is bought once is written as over, for whoever looks back.

    Whoever has the same at the same price has one part of all pieces, so that invoices have one line.
    """
    add_on, lines, quantity = taken.add_on, set(taken.lines), taken.quantity
    if add_on.recurs:
        for same in had_of(act, row):
            if (same.slug, same.title, same.unit) == (add_on.slug, add_on.title, add_on.unit):
                lines |= same.lines
                quantity += same.quantity
                end_parts([same.id], act.at)
    unit = add_on.unit if add_on.recurs else add_on.once
    part = _write(act, row, add_on, (unit, quantity), lines)
    if not add_on.recurs:
        end_parts([part.id], act.at)


def take_off(act: Act, row: Subscription, had: Sequence[Had], *, slug: str, quantity: int) -> None:
    """End parts of an add-on, so many pieces of it; what is left of one goes on as a part of its own."""
    for part, rest in left_of(had, slug=slug, quantity=quantity):
        if rest == part.quantity:
            continue
        end_parts([part.id], act.at)
        if rest:
            _go_on(act, row, part, part.unit, rest)


def fit_add_ons(act: Act, row: Subscription, keeps: Mapping[str, Money]) -> None:
    """Give add-ons the prices that they have beside another plan, and end those that it does not know.

    keeps  the price of one piece for a whole term, by slug
    """
    for part in had_of(act, row):
        price = keeps.get(part.slug)
        if price == part.unit:
            continue
        end_parts([part.id], act.at)
        if price is not None:
            _go_on(act, row, part, price, part.quantity)


def add_up_price(row: Subscription) -> None:
    """Note what a whole term of a subscription comes to by now; whoever calls saves it."""
    row.price_minor = sum_of(Part.objects.filter(subscription=row, ended_at=None, cycles_left=None))


def end_parts(parts: Sequence[UUID], at: datetime) -> None:
    """End parts."""
    Part.objects.filter(id__in=parts).update(ended_at=at)


def _go_on(act: Act, row: Subscription, part: Had, unit: Money, quantity: int) -> None:
    """Write what an add-on goes on as, in the place of a part that was ended."""
    add_on = AddOn(part.slug, part.title, unit, unit.times(0), recurs=True, work=part.work)
    _write(act, row, add_on, (unit, quantity), part.lines)


def _write(
    act: Act, row: Subscription, add_on: AddOn, price: tuple[Money, int], lines: frozenset[UUID] | set[UUID]
) -> Part:
    """Write a part, its title and what it is sealed.  price: of one piece, and how many."""
    name, (unit, quantity) = uuid4(), price
    told = {
        "slug": add_on.slug, "work": add_on.work, "recurs": add_on.recurs, "lines": sorted(map(str, lines)),
    }  # fmt: skip
    return Part.objects.create(
        id=name, subscription=row, kind=ADD_ON, unit_minor=unit.minor, quantity=quantity, started_at=act.at,
        **seal_add_on(as_system(act, row), row, name, add_on.title, told),
    )  # fmt: skip
