"""Add-ons among a subscription's parts: opened, written, and put in one another's place.  Rows come locked.

Only modules of `subscriptions.actions` and `subscriptions.queries`, and those they share, call this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Q

from hostkeep.kernel.act import Act
from hostkeep.kernel.money import Money, money
from hostkeep.subscriptions.boxing import add_ons_wish, as_system, seal_add_on
from hostkeep.subscriptions.errors import NoSuchSubscription
from hostkeep.subscriptions.holding import sum_of
from hostkeep.subscriptions.models import Part, PriceChange, Subscription
from hostkeep.subscriptions.rules.add_ons import Had, kept_at, left_of
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
            bool(told[part.id]["recurs"]), part.started_at, part.ended_at, _taken_at(told[part.id], part),
            _was(told[part.id], currency),
        )
        for part in parts
    )  # fmt: skip


def _taken_at(told: Mapping[str, Any], part: Part) -> datetime:
    """Return when an add-on was taken; of one from before that was kept, when its part was written."""
    said = told.get("taken")
    return datetime.fromisoformat(said) if said else part.started_at


def _was(told: Mapping[str, Any], currency: str) -> Money | None:
    """Return what one piece cost before the part began, where that is kept."""
    return money(told["was"], currency) if told.get("was") is not None else None


def write_taken(
    act: Act, row: Subscription, taken: Taken, until: tuple[datetime, Money] | None = None
) -> None:
    """Write an add-on as a part; what is bought once is written as over, for whoever looks back.

    Whoever has the same at the same price has one part of all pieces, so that invoices have one line: but
    for pieces that a new price was announced for in between, or whose new price is still to begin.
    until  the end of a period of the term before, where that is billed and not over, and what one piece comes
           to until then
    """
    add_on, lines, quantity = taken.add_on, set(taken.lines), taken.quantity
    if add_on.recurs and until is not None:
        apart = Had(
            uuid4(), add_on.slug, add_on.title, add_on.unit, quantity, add_on.work, frozenset(lines),
            since=until[0], taken=act.at, was=until[1],
        )  # fmt: skip
        go_on(act, row, apart)
        return
    if add_on.recurs:
        for same in had_of(act, row):
            alike = (same.slug, same.title, same.unit) == (add_on.slug, add_on.title, add_on.unit)
            if alike and not _told_of_another(row, same, act.at):
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
        end_parts(part.lines, act.at)
        if rest:
            go_on(act, row, replace(part, quantity=rest))


def fit_add_ons(
    act: Act, row: Subscription, keeps: Mapping[str, Money], *, begins: datetime,
    was: Mapping[str, Money] | None = None,
) -> None:  # fmt: skip
    """Give add-ons the prices that they have beside another plan, and end those that it does not know.

    keeps   the price of one piece for a whole term, by slug
    begins  from when, where that is still to come: the begin of another term
    was     what one comes to until then, by slug; None: what it did
    """
    had, since = had_of(act, row), max(begins, act.at)
    end_parts([line for part in had for line in part.lines], act.at)
    for part, price in kept_at(had, keeps):
        before = part.unit_in(act.at)
        if was is not None:
            before = was.get(part.slug, before)
        go_on(act, row, replace(part, unit=price, since=since, taken=act.at, was=before))


def add_up_price(row: Subscription) -> None:
    """Note what a whole term of a subscription comes to by now; whoever calls saves it."""
    row.price_minor = sum_of(Part.objects.filter(subscription=row, ended_at=None, cycles_left=None))


def end_parts(parts: Iterable[UUID], at: datetime) -> None:
    """End parts.  What was to end later, for a new price to begin, ends as well."""
    Part.objects.filter(Q(ended_at=None) | Q(ended_at__gt=at), id__in=list(parts)).update(ended_at=at)


def go_on(act: Act, row: Subscription, part: Had) -> None:
    """Write what an add-on goes on as in the place of a part that was ended: from now, or when it begins."""
    add_on = AddOn(part.slug, part.title, part.unit, part.unit.times(0), recurs=True, work=part.work)
    _write(act, row, add_on, (part.unit, part.quantity), part.lines, part)


def _told_of_another(row: Subscription, had: Had, at: datetime) -> bool:
    """Say whether a new price was announced, or is still to begin, for what is had and for no newer one."""
    if had.since is not None and had.since > at:
        return True
    later = PriceChange.objects.filter(
        brand=row.brand, currency=row.currency, add_on=had.slug, withdrawn_at=None, announced_at__gt=had.taken
    )
    return later.exists()


def _write(
    act: Act, row: Subscription, add_on: AddOn, price: tuple[Money, int],
    lines: frozenset[UUID] | set[UUID], of: Had | None = None,
) -> Part:  # fmt: skip
    """Write a part, its title and what it is sealed.

    price  of one piece, and how many
    of     what goes on in it: when that was taken, and from when it holds where that is still to come
    """
    name, (unit, quantity) = uuid4(), price
    taken, was = (act.at, None) if of is None else (of.taken or act.at, of.was)
    begins = act.at if of is None or of.since is None else max(act.at, of.since)
    told = {
        "slug": add_on.slug, "work": add_on.work, "recurs": add_on.recurs, "lines": sorted(map(str, lines)),
        "taken": taken.isoformat(), "was": was.minor if was is not None and begins > act.at else None,
    }  # fmt: skip
    return Part.objects.create(
        id=name, subscription=row, kind=ADD_ON, unit_minor=unit.minor, quantity=quantity, started_at=begins,
        **seal_add_on(as_system(act, row), row, name, add_on.title, told),
    )  # fmt: skip
