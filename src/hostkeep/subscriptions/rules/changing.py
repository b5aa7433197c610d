"""Changing what is had: what it comes to, and from when it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hostkeep.kernel.money import Money, money, total
from hostkeep.kernel.period import Period
from hostkeep.kernel.terms import Term
from hostkeep.subscriptions.errors import BadPrice, SameAsNow
from hostkeep.subscriptions.rules.agreeing import Agreed, Told
from hostkeep.subscriptions.rules.discounts import NOTHING, Off
from hostkeep.subscriptions.rules.prorating import Turn, price_of, turn
from hostkeep.subscriptions.rules.terms import Calendar
from hostkeep.subscriptions.rules.terms import term as checked_term

UPGRADE, DOWNGRADE, TERM = "upgrade", "downgrade", "term"
"""Paid before it holds; holds at once; holds from the next period."""

TIME_TO_PAY = timedelta(days=7)
"""An upgrade that is not paid by then is dropped."""

Late = tuple[tuple[Period, Money], ...]
"""What periods cost more than they were billed for while a change waited to be paid."""


@dataclass(frozen=True, slots=True)
class InTerm:
    """What is wanted, for a term before the one that is had: a period of it is billed and not over.

    price  of a whole one, the plan alone
    keeps  the add-ons that are kept, as in Wanted
    """

    price: Money
    keeps: Mapping[str, Money] | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants in place of what they have.

    spec   what the driver is to make of it
    keeps  the add-ons that are kept, by slug: the price of one piece for a whole term; None: all, as they are
    ends_discount  whether the discount that is had is not good for it, and ends when it holds
    earlier  what it comes to for each term before, of which a period is billed and not over
    """

    agreed: Agreed
    spec: Mapping[str, str]
    keeps: Mapping[str, Money] | None = None
    ends_discount: bool = False
    earlier: Mapping[Term, InTerm] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Share:
    """What a change comes to for one billed period.

    billed  the period as it was billed
    left    what is left of it
    turn    what is given back of the old price and paid of the new one, for what is left
    """

    billed: Period
    left: Period
    turn: Turn


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What is taken back of a line of an invoice.  minor: as the invoice's prices are, more than nothing."""

    invoice: UUID
    position: int
    minor: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a change would come to.

    kind          UPGRADE, DOWNGRADE or TERM
    turn          what is given back of the old price and paid of the new one, for all that is billed
    effective_at  from when it holds; of an upgrade: as soon as it is paid
    shares        of that, by billed period, the first coming first
    """

    kind: str
    turn: Turn
    effective_at: datetime
    shares: Sequence[Share] = ()

    @property
    def due(self) -> Money:
        """What is to be paid before it holds, as the brand's prices are; nothing where there is none."""
        return max(self.turn.due, self.turn.due.times(0), key=lambda amount: amount.minor)

    @property
    def back(self) -> Money:
        """What is given back, as the brand's prices are; nothing where there is none."""
        return max(-self.turn.due, self.turn.due.times(0), key=lambda amount: amount.minor)


@dataclass(frozen=True, slots=True)
class BilledAt:
    """A period that is billed and not over.

    price  of a whole term, which holds for what is left of it
    off    the discount it was billed with, which holds for whatever is had in it
    extras what each add-on comes to in it for a whole term, by slug; None: what it does since
    calendar  what it is a period of; None: as those to come.  Another term than theirs runs out with it
    """

    period: Period
    price: Money
    off: Off = NOTHING
    extras: Mapping[str, Money] | None = None
    calendar: Calendar | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """What is had, for a change to be reckoned.

    price    of a whole term, the plan alone, as the next period is billed
    billed   the periods that are billed and not over, each at its own price and of its own term: a new price,
             or another term, may hold for those to come alone
    billed_to  the end of what is billed
    calendar   what makes the periods to come: one that was cut short cost its part alone
    extras     what each add-on comes to for a whole term, by slug
    """

    told: Told
    price: Money
    billed: Sequence[BilledAt]
    billed_to: datetime
    calendar: Calendar
    extras: Mapping[str, Money] = field(default_factory=dict)

    def plan_of(self, each: BilledAt) -> Calendar:
        """Return what a billed period is a period of."""
        return each.calendar or self.calendar

    def earlier_term(self, each: BilledAt) -> Term | None:
        """Return the term of a billed period where it is not that of those to come, else None."""
        term = self.plan_of(each).term
        return None if term == self.calendar.term else term


Comes = tuple[Money, Mapping[str, Money] | None]
"""What a plan comes to for a whole term, and each add-on that is kept; None: all do what they do now."""


def reckon(
    now: Now, wanted: Agreed, *, at: datetime, extras: Mapping[str, Money] | None = None,
    earlier: Mapping[Term, Comes] | None = None,
) -> Change:  # fmt: skip
    """Say what a change comes to at a moment.

    extras   what each add-on that is kept comes to for a whole term then; None: all do what they do now
    earlier  what is wanted comes to for each term before, of which a period is billed

    Another term holds from the next period on and costs nothing before.  The same term at a higher price is
    paid for what is left of all that is billed, of each period at the prices of its own term; at a lower one
    as much is given back.
    Raises SameAsNow, BadPrice (another currency).
    """
    if wanted.price.currency != now.price.currency:
        raise BadPrice
    nothing = now.price.times(0)
    term = now.calendar.term
    if wanted.term != term:
        return Change(TERM, Turn(nothing, nothing), now.billed_to)
    if (wanted.product, wanted.plan, dict(wanted.choices)) == (
        now.told.product, now.told.plan, dict(now.told.choices)
    ):  # fmt: skip
        raise SameAsNow
    comes = (wanted.price, extras)
    shares = [_changed(now, each, _comes(now, each, comes, earlier), at=at) for each in now.billed]
    both = Turn(
        total([each.turn.back for each in shares], now.price.currency),
        total([each.turn.pay for each in shares], now.price.currency),
    )
    return Change(UPGRADE if both.due.minor > 0 else DOWNGRADE, both, at, shares)


def _comes(now: Now, each: BilledAt, comes: Comes, earlier: Mapping[Term, Comes] | None) -> Comes:
    """Return what is wanted comes to for the term of a billed period."""
    before = now.earlier_term(each)
    return comes if before is None else (earlier or {})[before]


def _turned(
    now: Now, each: BilledAt, after: Mapping[str, Money] | None
) -> list[tuple[Money, Money]]:
    """Return what each add-on comes to before and after, of those that come to something else in a period."""
    if after is None:
        return []
    had = now.extras if each.extras is None else each.extras
    pairs = [(old, after.get(slug, old.times(0))) for slug, old in had.items()]
    return [pair for pair in pairs if pair[0] != pair[1]]


def _changed(now: Now, each: BilledAt, comes: Comes, *, at: datetime) -> Share:
    """Say what another plan comes to for a billed period, with what becomes of add-ons.

    comes  for a whole term of that period
    """
    price, after = comes
    plan = _share(now, each, (each.price, price, each.off), at=at)
    extras = _turned(now, each, after)
    turns = [plan.turn, *(share_of(now, each, prices, at=at).turn for prices in extras)]
    code = price.currency
    both = Turn(total([one.back for one in turns], code), total([one.pay for one in turns], code))
    return replace(plan, turn=both)


def share_of(now: Now, each: BilledAt, prices: tuple[Money, Money], *, at: datetime) -> Share:
    """Say what another price of a whole term, which no discount is taken off, comes to for a billed period.

    prices  the old one and the new one
    """
    return _share(now, each, (*prices, NOTHING), at=at)


def _share(now: Now, each: BilledAt, prices: tuple[Money, Money, Off], *, at: datetime) -> Share:
    """Say what other prices come to for a billed period."""
    left = Period(max(at, each.period.start), each.period.end)
    return Share(each.period, left, turn_of(prices, now.plan_of(each), each.period, at=at))


def turn_of(prices: tuple[Money, Money, Off], plan: Calendar, billed: Period, *, at: datetime) -> Turn:
    """Say what another price of a whole term comes to for a billed period, from a moment on.

    prices  the old one, the new one, and the discount that both have in this period: so nothing is given
            back that was not paid, and a way there and back costs nothing
    """
    old, new, off = prices

    def turned(before: Money, after: Money) -> Turn:
        return turn(
            price_of(before, plan, billed), price_of(after, plan, billed), billed, at=max(at, billed.start),
            zone=plan.zone, exact=plan.term.unit == "hour",
        )  # fmt: skip

    listed, less = turned(old, new), turned(off.on(old), off.on(new))
    return Turn(listed.back - less.back, listed.pay - less.pay)


def to_told(wanted: Wanted, change: Change, back: Sequence[GivenBack]) -> dict[str, Any]:
    """Return what is sealed of a change."""
    agreed = wanted.agreed
    told = Told(agreed.product, agreed.plan, agreed.title, dict(agreed.choices))
    return {
        **asdict(told), "unit": agreed.term.unit, "count": agreed.term.count, "minor": agreed.price.minor,
        "currency": agreed.price.currency.code, "spec": dict(wanted.spec), "due": change.due.minor,
        "keeps": _minors(wanted.keeps), "ends_discount": wanted.ends_discount, **told_shares(change, back),
        "earlier": [
            [term.unit, term.count, then.price.minor, _minors(then.keeps)]
            for term, then in wanted.earlier.items()
        ],
    }  # fmt: skip


def _minors(keeps: Mapping[str, Money] | None) -> dict[str, int] | None:
    """Return prices by slug, in minor units."""
    return None if keeps is None else {slug: price.minor for slug, price in keeps.items()}


def _prices(keeps: Mapping[str, int] | None, code: str) -> dict[str, Money] | None:
    """Return prices by slug, of minor units."""
    return None if keeps is None else {slug: money(minor, code) for slug, minor in keeps.items()}


def told_shares(change: Change, back: Sequence[GivenBack]) -> dict[str, Any]:
    """Return what is sealed of what a change comes to, period by period, and of what it takes back."""
    return {
        "shares": [
            [each.left.start.isoformat(), each.left.end.isoformat(), each.turn.due.minor]
            for each in change.shares
        ],
        "back": [[str(each.invoice), each.position, each.minor] for each in back],
    }


def dues_from_told(values: Mapping[str, Any]) -> tuple[tuple[Period | None, Money], ...]:
    """Return what is to be paid of a change for each billed period, of an opened change; then what is once.

    One that was asked for before that was kept has one amount for all of them, of no period.
    """
    code = values["currency"]
    shares = [
        (Period(datetime.fromisoformat(start), datetime.fromisoformat(end)), money(minor, code))
        for start, end, minor in values.get("shares", ())
        if minor
    ]
    once = [(None, money(values["once"], code))] if values.get("once") else []
    return (*shares, *once) or ((None, money(values["due"], code)),)


def back_from_told(values: Mapping[str, Any]) -> tuple[GivenBack, ...]:
    """Return what a change takes back, of an opened change; of one from before that was kept, nothing."""
    return tuple(GivenBack(UUID(invoice), n, minor) for invoice, n, minor in values.get("back", ()))


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
    code = agreed.price.currency.code
    earlier = {
        checked_term(unit, count): InTerm(money(minor, code), _prices(keeps, code))
        for unit, count, minor, keeps in values.get("earlier", ())
    }
    kept = _prices(values.get("keeps"), code)
    return Wanted(agreed, dict(values["spec"]), kept, bool(values.get("ends_discount")), earlier)
