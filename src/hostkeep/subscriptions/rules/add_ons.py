"""Add-ons of a subscription: what it comes to where one is added, or taken off, at a moment.

All that is reckoned goes by what a service has of one add-on before and after, for a whole term: so pieces
that come one by one cost what they do together, and a way there and back costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from hostkeep.kernel.money import Money, money, total
from hostkeep.subscriptions.errors import NoSuchAddOn
from hostkeep.subscriptions.rules.agreeing import LONGEST_TITLE, AddOn, Taken
from hostkeep.subscriptions.rules.changing import (
    BilledAt,
    Change,
    GivenBack,
    Now,
    Share,
    share_of,
    told_shares,
)
from hostkeep.subscriptions.rules.prorating import Turn
from hostkeep.subscriptions.rules.terms import term as checked_term

ADDED, TAKEN_OFF = "add_on", "add_on_off"
"""Paid before it holds, unless it costs nothing now; holds at once."""


class Pieces(Protocol):
    """So many pieces of an add-on, by the catalogue's name of it."""

    @property
    def slug(self) -> str:
        """Which."""
        ...

    @property
    def quantity(self) -> int:
        """How many."""
        ...


P = TypeVar("P", bound=Pieces)


@dataclass(frozen=True, slots=True)
class Had:
    """A part of a subscription that is an add-on, opened.

    id      the part
    recurs  whether it is billed each term; what was bought once is over since it was bought
    lines   ids of what lines of documents are about that bill it, its own among them
    since, until  from when it holds at its price, and when it was taken off
    taken   when its owner took it: a new price that was announced later is for it
    was     of one piece before `since`, where a new price that was announced begins there; None: the same
    """

    id: UUID
    slug: str
    title: str
    unit: Money
    quantity: int
    work: bool
    lines: frozenset[UUID]
    recurs: bool = True
    since: datetime | None = None
    until: datetime | None = None
    taken: datetime | None = None
    was: Money | None = None

    @property
    def whole(self) -> Money:
        """What it comes to for a whole term."""
        return self.unit.times(self.quantity)

    def unit_in(self, start: datetime | None) -> Money:
        """Return the price of one piece in a period by when it begins; None: in those to come."""
        if self.was is None or self.since is None or start is None or start >= self.since:
            return self.unit
        return self.was


def whole_of(had: Iterable[Had], slug: str, nothing: Money, start: datetime | None = None) -> Money:
    """Return what is had of one add-on comes to for a whole term.  start: as in extras_of."""
    mine = [each.unit_in(start).times(each.quantity) for each in had if each.slug == slug]
    return total(mine, nothing.currency)


def extras_of(had: Iterable[Had], start: datetime | None = None) -> dict[str, Money]:
    """Return what each add-on comes to for a whole term, by slug.

    start  when the period begins that is meant; None: one to come
    """
    return added_up((each.slug, each.unit_in(start).times(each.quantity)) for each in had)


def kept_at(had: Iterable[P], prices: Mapping[str, Money]) -> list[tuple[P, Money]]:
    """Return the add-ons that have a price, with that of one piece of each; the others are dropped."""
    return [(each, prices[each.slug]) for each in had if each.slug in prices]


def extras_at(had: Iterable[Pieces], prices: Mapping[str, Money]) -> dict[str, Money]:
    """Return what each add-on comes to for a whole term at other prices of one piece; others are dropped."""
    return added_up((each.slug, price.times(each.quantity)) for each, price in kept_at(had, prices))


def added_up(amounts: Iterable[tuple[str, Money]]) -> dict[str, Money]:
    """Return what add-ons come to, by slug.  amounts: of each, with its slug."""
    found: dict[str, Money] = {}
    for slug, amount in amounts:
        found[slug] = found[slug] + amount if slug in found else amount
    return found


def pieces_of(had: Iterable[Had], slug: str) -> int:
    """Return how many there are of one add-on."""
    return sum(each.quantity for each in had if each.slug == slug)


def reckon_more(now: Now, had: Sequence[Had], taken: Taken, *, at: datetime) -> Change:
    """Say what an add-on comes to for what is left of all that is billed; what is due once is not in it."""
    nothing, add_on = now.price.times(0), taken.add_on

    def prices(each: BilledAt) -> tuple[Money, Money]:
        before, term = whole_of(had, add_on.slug, nothing, each.period.start), now.earlier_term(each)
        unit = add_on.unit if term is None else add_on.earlier[term]
        return before, before + unit.times(taken.quantity)

    return _turned(ADDED, now, prices, at)


def reckon_less(now: Now, had: Sequence[Had], *, slug: str, quantity: int, at: datetime) -> Change:
    """Say what is given back where so many of an add-on are taken off.  Raises NoSuchAddOn."""
    nothing, left = now.price.times(0), left_of(had, slug=slug, quantity=quantity)

    def prices(each: BilledAt) -> tuple[Money, Money]:
        start = each.period.start
        rest = [part.unit_in(start).times(pieces) for part, pieces in left]
        return whole_of(had, slug, nothing, start), total(rest, nothing.currency)

    return _turned(TAKEN_OFF, now, prices, at)


def left_of(had: Sequence[Had], *, slug: str, quantity: int) -> list[tuple[Had, int]]:
    """Return each part of an add-on with what is left of it once so many are taken off, the newest first.

    had  the oldest first
    Raises NoSuchAddOn where there are not so many.
    """
    mine = [each for each in had if each.slug == slug]
    if not 1 <= quantity <= sum(each.quantity for each in mine):
        raise NoSuchAddOn
    found: list[tuple[Had, int]] = []
    for each in reversed(mine):
        gone = min(quantity, each.quantity)
        quantity -= gone
        found.append((each, each.quantity - gone))
    return found


def _turned(
    kind: str, now: Now, prices: Callable[[BilledAt], tuple[Money, Money]], at: datetime
) -> Change:
    """Return a change of what is had of one add-on, for all that is billed and not over.

    prices  what it comes to for a whole term of a billed period, before and after
    """
    shares: list[Share] = [share_of(now, each, prices(each), at=at) for each in now.billed]
    code = now.price.currency
    both = Turn(
        total([each.turn.back for each in shares], code), total([each.turn.pay for each in shares], code)
    )
    return Change(kind, both, at, shares)


def told_of_add_on(taken: Taken, change: Change, back: Sequence[GivenBack]) -> dict[str, Any]:
    """Return what is sealed of a change of an add-on."""
    add_on = taken.add_on
    once = taken.once.minor if change.kind == ADDED else 0
    return {
        "add_on": add_on.slug, "title": add_on.title, "quantity": taken.quantity, "minor": add_on.unit.minor,
        "once": once, "recurs": add_on.recurs, "work": add_on.work, "currency": add_on.unit.currency.code,
        "due": change.due.minor + once, **told_shares(change, back),
        "earlier": [[term.unit, term.count, unit.minor] for term, unit in add_on.earlier.items()],
    }  # fmt: skip


def taken_from_told(values: Mapping[str, Any]) -> Taken:
    """Return which add-on an opened change is about."""
    code, quantity = values["currency"], int(values["quantity"])
    add_on = AddOn(
        values["add_on"], values["title"], money(values["minor"], code),
        money(values["once"] // quantity, code), values["recurs"], values["work"],
        {checked_term(unit, count): money(minor, code) for unit, count, minor in values.get("earlier", ())},
    )  # fmt: skip
    return Taken(add_on, quantity)


def counted(title: str, quantity: int) -> str:
    """Return what a line is called that stands for so many pieces in one."""
    return title if quantity == 1 else f"{quantity} \N{MULTIPLICATION SIGN} {title}"[:LONGEST_TITLE]
