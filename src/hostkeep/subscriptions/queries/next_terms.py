"""Which term comes next, and when: where another one is agreed on, or billed ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hostkeep.kernel.money import Money
from hostkeep.kernel.terms import Term
from hostkeep.subscriptions.queries.changes import ChangeRow, earlier_terms
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow
from hostkeep.subscriptions.rules.changing import TERM
from hostkeep.subscriptions.rules.states import State
from hostkeep.vault.column_door import ColumnWish


@dataclass(frozen=True, slots=True)
class NextTerm:
    """A term that follows another one.

    begins  when the one before is over
    term    None where what was agreed on is erased
    price   of a whole one, as the brand's prices are: the plan alone where it is only agreed on
    runs    the one that runs until then
    billed  whether it is billed already
    """

    begins: datetime
    term: Term | None
    price: Money | None
    runs: Term
    billed: bool


@dataclass(frozen=True, slots=True)
class NextTermRow:
    """A term that was agreed on, closed."""

    begins: datetime
    runs: Term
    wish: ColumnWish[NextTerm] = field(repr=False)

    def without(self, word: str) -> NextTerm:  # noqa: ARG002  a term is no word
        """Return what a page shows where it does not open."""
        return NextTerm(self.begins, None, None, self.runs, billed=False)


def wanted_term(row: SubscriptionRow, waiting: ChangeRow | None) -> NextTermRow | None:
    """Return the other term that a subscription will have, closed, or None.

    waiting  its change that waits
    """
    if waiting is None or waiting.kind != TERM:
        return None
    opens, begins, runs, wanted_of = waiting.wish, waiting.effective_at, row.calendar.term, waiting.wanted_of

    def made(values: Mapping[str, Mapping[str, Any]]) -> NextTerm:
        agreed = wanted_of(opens.make(values)).agreed
        return NextTerm(begins, agreed.term, agreed.price, runs, billed=False)

    wish = ColumnWish(opens.brand, opens.subject, opens.category, opens.table, opens.rows, made)
    return NextTermRow(begins, runs, wish)


def billed_term(row: SubscriptionRow, *, at: datetime) -> NextTerm | None:
    """Return the term that a subscription has, where one before it is not over, or None.  Few queries."""
    if row.state is State.TRIAL or row.calendar.anchor <= at:
        return None
    before = earlier_terms(row.id, at=at)
    if not before:
        return None
    term, period = before[-1]
    return NextTerm(period.end, row.calendar.term, row.price, term, billed=True)
