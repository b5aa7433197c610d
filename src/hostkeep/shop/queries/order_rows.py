"""Orders as frozen rows: closed as they are read, told once the door has opened them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from hostkeep.kernel.ids import AccountId, BrandId, OrderId, SubjectId
from hostkeep.kernel.money import Money
from hostkeep.kernel.terms import Term
from hostkeep.shop.boxing import CHOSEN, ORDERED
from hostkeep.shop.rules.catalogue import Words, in_language
from hostkeep.shop.rules.pricing import Cost
from hostkeep.shop.rules.promo import each_of
from hostkeep.shop.rules.rows import AddOnTaken
from hostkeep.vault.column_door import ColumnWish
from hostkeep.vault.columns import Boxed

NOTHING: Mapping[str, Any] = {
    "product": "", "plan": "", "options": (), "driver": "", "spec": {}, "answers": {}, "requires": (),
    "recipient": "",
}  # fmt: skip
"""What is shown of a line that does not open, besides a word."""


@dataclass(frozen=True, slots=True)
class PickedRow:
    """What was chosen of one option, with the texts of all languages."""

    option: str
    choice: str
    label: Words
    choice_label: Words


@dataclass(frozen=True, slots=True)
class OrderedAddOn:
    """An add-on of an order line, as the catalogue stood.

    id      what lines of invoices are about it by
    pieces  how many each piece of the line has of it
    price   of one, each term; nothing for what is bought once
    once    of one, with the first bill
    recurs  whether it is billed each term
    work    whether something is done to the service for it
    """

    id: UUID
    slug: str
    name: Words
    pieces: int
    price: Money
    once: Money
    recurs: bool
    work: bool


@dataclass(frozen=True, slots=True)
class OrderLineRow:
    """A line of an order, closed.

    recurring  all pieces, each term, in list prices
    setup      all pieces, once, in list prices
    discount   what a promo code takes off the first term of all pieces
    trial_days  free before the first term
    beside, beside_once  what its add-ons come to: all pieces, each term, and once
    boxes      its sealed columns
    """

    id: UUID
    position: int
    term: Term
    quantity: int
    recurring: Money
    setup: Money
    discount: Money
    trial_days: int
    beside: Money
    beside_once: Money
    boxes: Mapping[str, Boxed] = field(repr=False)

    @property
    def first(self) -> Money:
        """What is due with the order in list prices, all pieces, without a discount; nothing for a trial.

        Add-ons are not in it.
        """
        return self.setup if self.trial_days else self.recurring + self.setup

    @property
    def each_discount(self) -> tuple[Money, ...]:
        """What is taken off the first term of each piece."""
        return each_of(self.discount, self.quantity)

    @property
    def each_recurring(self) -> Money:
        """One piece, each term: recurring is so many times this."""
        return Money(self.recurring.minor // self.quantity, self.recurring.currency)

    @property
    def each_setup(self) -> Money:
        """One piece, once: setup is so many times this."""
        return Money(self.setup.minor // self.quantity, self.setup.currency)

    def told(self, values: Mapping[str, Any]) -> OrderLineTold:
        """Return the line with what its columns hold."""
        beside = tuple(self._add_on(each) for each in values.get("add_ons", ()))
        return OrderLineTold(**{**_same(self, OrderLineRow), **values, "add_ons": beside})

    def _add_on(self, said: Mapping[str, Any]) -> OrderedAddOn:
        """Read an add-on."""
        currency = self.recurring.currency
        amounts = {name: Money(said[name], currency) for name in ("price", "once")}
        return OrderedAddOn(**{**said, **amounts, "id": UUID(said["id"])})


@dataclass(frozen=True, slots=True)
class OrderLineTold(OrderLineRow):
    """A line of an order, as the catalogue stood when it was placed.

    spec  what the driver is asked to build for one piece, the choices and answers in it
    """

    product: str
    plan: str
    title: Words
    options: tuple[PickedRow, ...]
    driver: str
    spec: Mapping[str, str]
    answers: Mapping[str, str]
    requires: tuple[str, ...]
    recipient: str
    add_ons: tuple[OrderedAddOn, ...]

    def taken(self, language: str) -> tuple[AddOnTaken, ...]:
        """Return what was taken beside all pieces, as people read it; in a trial its term is due later."""
        found = []
        for each in self.add_ons:
            pieces = each.pieces * self.quantity
            term = each.price.times(pieces)
            cost = Cost(term, each.once.times(pieces), term if self.trial_days else None)
            found.append(AddOnTaken(each.slug, in_language(each.name, language), each.pieces, cost))
        return tuple(found)

    def described(self, language: str) -> str:
        """Return what was bought in one language: "Hexa M: Debian 13, 240 GB; example.vn"."""
        chosen = ", ".join(in_language(picked.choice_label, language) for picked in self.options)
        asked = ", ".join(self.answers.values())
        details = "; ".join(part for part in (chosen, asked) if part)
        title = in_language(self.title, language)
        return f"{title}: {details}" if details else title


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order, closed.

    total     due for the first terms in list prices, the discount taken off
    discount  what a promo code took off; nothing where there was none
    """

    id: OrderId
    brand: BrandId
    account: AccountId
    subject: SubjectId
    total: Money
    discount: Money
    placed_at: datetime
    lines: tuple[OrderLineRow, ...]

    @property
    def number(self) -> str:
        """What people call it: the first eight digits of its handle."""
        return str(self.id)[:8].upper()

    @property
    def wish(self) -> ColumnWish[OrderTold]:
        """What opens it."""
        rows = {str(line.id): line.boxes for line in self.lines}
        return ColumnWish(self.brand, self.subject, CHOSEN, ORDERED, rows, self._opened)

    def without(self, word: str) -> OrderTold:
        """Return what a page shows where it does not open."""
        return self._told({line.id: {**NOTHING, "title": {"": word}} for line in self.lines})

    def _opened(self, found: Mapping[str, Mapping[str, Any]]) -> OrderTold:
        return self._told({line.id: _columns(found[str(line.id)]) for line in self.lines})

    def _told(self, values: Mapping[UUID, Mapping[str, Any]]) -> OrderTold:
        lines = tuple(line.told(values[line.id]) for line in self.lines)
        return OrderTold(**_same(self, OrderRow), told=lines)


@dataclass(frozen=True, slots=True)
class OrderTold(OrderRow):
    """An order with what was bought.  told: its lines."""

    told: tuple[OrderLineTold, ...]


def _columns(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Make rows of what JSON holds."""
    options = tuple(PickedRow(**picked) for picked in values["options"])
    return {**values, "options": options, "requires": tuple(values["requires"])}


def _same(row: Any, kind: type[Any]) -> dict[str, Any]:
    """Return the fields of a closed row, for the open one."""
    return {one.name: getattr(row, one.name) for one in fields(kind)}
