"""Changing what is had: what it comes to, and from when it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from hostkeep.kernel.money import Money, money, total
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.errors import BadPrice, SameAsNow
from hostkeep.subscriptions.rules.agreeing import Agreed, Told
from hostkeep.subscriptions.rules.prorating import Turn, price_of, turn
from hostkeep.subscriptions.rules.terms import Calendar
from hostkeep.subscriptions.rules.terms import term as checked_term

UPGRADE, DOWNGRADE, TERM = "upgrade", "downgrade", "term"
"""Paid before it holds; holds at once; holds from the next period."""

TIME_TO_PAY = timedelta(days=7)
"""An upgrade that is not paid by then is dropped."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants in place of what they have.  spec: what the driver is to make of it."""

    agreed: Agreed
    spec: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What a change would come to.

    kind          UPGRADE, DOWNGRADE or TERM
    turn          what is given back of the old price and paid of the new one, for all that is billed
    effective_at  from when it holds; of an upgrade: as soon as it is paid
    """

    kind: str
    turn: Turn
    effective_at: datetime

    @property
    def due(self) -> Money:
        """What is to be paid before it holds, as the brand's prices are; nothing where there is none."""
        return max(self.turn.due, self.turn.due.times(0), key=lambda amount: amount.minor)

    @property
    def back(self) -> Money:
        """What is given back, as the brand's prices are; nothing where there is none."""
        return max(-self.turn.due, self.turn.due.times(0), key=lambda amount: amount.minor)


@dataclass(frozen=True, slots=True)
class Now:
    """What is had, for a change to be reckoned.

    price    of a whole term, the plan alone
    billed   the periods that are billed and not over; what they cost was the present price
    billed_to  the end of what is billed
    calendar   what makes its periods: one that was cut short cost its part alone
    """

    told: Told
    price: Money
    billed: Sequence[Period]
    billed_to: datetime
    calendar: Calendar


def reckon(now: Now, wanted: Agreed, *, at: datetime) -> Change:
    """Say what a change comes to at a moment.

    Another term holds from the next period on and costs nothing before.  The same term at a higher price is
    paid for what is left of all that is billed; at a lower one as much is given back.
    Raises SameAsNow, BadPrice (another currency).
    """
    if wanted.price.currency != now.price.currency:
        raise BadPrice
    nothing = money(0, now.price.currency.code)
    term = now.calendar.term
    if wanted.term != term:
        return Change(TERM, Turn(nothing, nothing), now.billed_to)
    if (wanted.product, wanted.plan, dict(wanted.choices)) == (
        now.told.product, now.told.plan, dict(now.told.choices)
    ):  # fmt: skip
        raise SameAsNow
    turns = [turn_of(now.price, wanted.price, now.calendar, each, at=at) for each in now.billed]
    both = Turn(
        total([each.back for each in turns], now.price.currency),
        total([each.pay for each in turns], now.price.currency),
    )
    return Change(UPGRADE if both.due.minor > 0 else DOWNGRADE, both, at)


def turn_of(old: Money, new: Money, plan: Calendar, billed: Period, *, at: datetime) -> Turn:
    """Say what another price of a whole term comes to for a billed period, from a moment on."""
    return turn(
        price_of(old, plan, billed), price_of(new, plan, billed), billed, at=max(at, billed.start),
        zone=plan.zone, exact=plan.term.unit == "hour",
    )  # fmt: skip


def to_told(wanted: Wanted) -> dict[str, Any]:
    """Return what is sealed of a change."""
    agreed = wanted.agreed
    told = Told(agreed.product, agreed.plan, agreed.title, dict(agreed.choices))
    return {
        **asdict(told), "unit": agreed.term.unit, "count": agreed.term.count, "minor": agreed.price.minor,
        "currency": agreed.price.currency.code, "spec": dict(wanted.spec),
    }  # fmt: skip


def from_told(values: Mapping[str, Any]) -> Wanted:
    """Return what was wanted, of an opened change."""
    agreed = Agreed(
        product=values["product"],
        plan=values["plan"],
        title=values["title"],
        choices=dict(values["choices"]),
        term=checked_term(values["unit"], values["count"]),
        price=money(values["minor"], values["currency"]),
    )
    return Wanted(agreed, dict(values["spec"]))
