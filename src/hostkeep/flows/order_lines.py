"""An order as its invoice bills it, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from hostkeep.billing.rules.lines import Line
from hostkeep.flows.taxing import Taxing
from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.kernel.terms import term_after
from hostkeep.shop.queries.order_rows import OrderedAddOn, OrderLineTold
from hostkeep.shop.queries.promos import RedemptionRow
from hostkeep.shop.rules.catalogue import Words, in_language

SET_UP: Words = MappingProxyType({"en": "Set-up", "vi": "Phí cài đặt"})
ADD_ON = "shop.order_add_on"
"""What a line of an invoice is about that bills an add-on of an order."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How an order's invoice says what it bills.  used: the promo code that takes something off."""

    language: str
    used: RedemptionRow | None

    def discount(self, described: str) -> str:
        """Return what the line is called that takes something off."""
        return f"{self.used.called(self.language) if self.used else '-'}: {described}"[:200]

    def set_up(self, described: str) -> str:
        """Return what the line is called that is due once, beside one for a term."""
        return f"{in_language(SET_UP, self.language)}: {described}"[:200]


def invoice_lines(row: OrderLineTold, taxing: Taxing, wording: Wording, placed: Period) -> list[Line]:
    """Return an order line as an invoice bills it: the term, what is taken off it, and what is due once.

    A trial stands there with its days, over nothing; the first term is billed when it is over.
    """
    about = Ref("shop.order_line", row.id)
    title = row.described(wording.language)[:200]
    term = Period(placed.start, term_after(placed.start, row.term))
    lines = [Line(title, row.quantity, row.each_recurring, 0, about, term)]
    if row.trial_days:
        free = Period(placed.start, placed.start + timedelta(days=row.trial_days))
        lines = [Line(title, row.quantity, Money(0, row.recurring.currency), 0, about, free)]
    if row.discount.minor:
        lines.append(Line(wording.discount(title), 1, -row.discount, 0, about, term))
    if row.setup.minor:
        lines.append(Line(wording.set_up(title), row.quantity, row.each_setup, 0, about))
    for add_on in row.add_ons:
        lines += _add_on_lines(row, add_on, wording, lines[0])
    return [taxing.taxed(line, row.product) for line in lines]


def _add_on_lines(row: OrderLineTold, add_on: OrderedAddOn, wording: Wording, plan: Line) -> list[Line]:
    """Return an add-on as an invoice bills it: its term beside the plan's, and what is due once.

    plan  the first line of the plan; in a trial the add-on is free as it is
    """
    about, title = Ref(ADD_ON, add_on.id), in_language(add_on.name, wording.language)[:200]
    pieces = row.quantity * add_on.pieces
    lines = []
    if add_on.recurs:
        price = add_on.price.times(0 if row.trial_days else 1)
        lines.append(Line(title, pieces, price, 0, about, plan.period))
    if add_on.once.minor or not add_on.recurs:
        called = wording.set_up(title) if add_on.recurs else title
        lines.append(Line(called, pieces, add_on.once, 0, about))
    return lines
