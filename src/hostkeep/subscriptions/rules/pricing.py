"""Which price holds for a period: the agreed one, or a new one that was announced in time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hostkeep.kernel.money import Money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.errors import BadSetting, DateOutOfReach, NoticeTooShort, PriceLocked
from hostkeep.subscriptions.rules.terms import LAST_YEAR, Calendar, whole_of

LEAD_DAYS = 14
"""Days before a period at which its invoice is made, at most, where the brand says nothing else."""

NOTICE_DAYS = 30
MOST_DAYS = 366
MOST_LOCKED = 120
LOCKED_FOR_GOOD = "always"


@dataclass(frozen=True, slots=True)
class Promised:
    """What a brand says of renewals in brand.toml.

    lead          how long before a period its invoice is made, at most (made_at): [dunning] invoice_before
    notice        how long before a new price holds it is announced: price_change_notice, in days
    lock_months   months for which a price is promised from the start: price_lock; None: for good ("always")
    zero_invoice  whether a period that costs nothing gets an invoice over nothing: invoice_over_nothing
    """

    lead: timedelta
    notice: timedelta
    lock_months: int | None
    zero_invoice: bool


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price change that stands.

    each    for a whole term of the plan, or of one piece of an add-on beside it
    add_on  the add-on's slug; empty: it is the plan's price
    """

    product: str
    plan: str
    each: Money
    announced_at: datetime
    effective_at: datetime
    add_on: str = ""


def promised(words: Mapping[str, Any]) -> Promised:
    """Read what a brand says of renewals.  words: of brand.toml.  Raises BadSetting."""
    dunning = words.get("dunning", {})
    lock = words.get("price_lock", 0)
    zero = words.get("invoice_over_nothing", False)
    if not isinstance(zero, bool):
        raise BadSetting(name="invoice_over_nothing")
    return Promised(
        lead=timedelta(days=_whole(dunning.get("invoice_before", LEAD_DAYS), "invoice_before", MOST_DAYS)),
        notice=timedelta(
            days=_whole(words.get("price_change_notice", NOTICE_DAYS), "price_change_notice", MOST_DAYS)
        ),
        lock_months=None if lock == LOCKED_FOR_GOOD else _whole(lock, "price_lock", MOST_LOCKED),
        zero_invoice=zero,
    )


def could_hold(said: Promised, *, announced_at: datetime, since: datetime | None) -> datetime:
    """Return from when a price holds that is announced now.

    since  not before the promised notice is over; None: then
    Raises PriceLocked, NoticeTooShort, DateOutOfReach.
    """
    if said.lock_months is None:
        raise PriceLocked
    earliest = announced_at + said.notice
    if since is None:
        return earliest
    if since < earliest:
        raise NoticeTooShort(days=said.notice.days)
    if since.year > LAST_YEAR:
        raise DateOutOfReach
    return since


def made_at(before: Period, plan: Calendar, lead: timedelta) -> datetime:
    """Return when the invoice of a period is to be made.

    before  the period, or the trial, that it follows
    plan    what makes the periods

    By half of the term before it, at most, however long the brand's lead is: who takes a week is not asked
    for a second one while the first has hardly begun.  Of a period that was cut short the whole term counts,
    but its invoice is made before it begins at no time.
    """
    whole = whole_of(plan, before)
    return max(before.end - min(lead, (whole.end - whole.start) / 2), before.start)


def holds(
    changes: Iterable[NewPrice], *, starts: datetime, since: datetime, locked_until: datetime | None
) -> NewPrice | None:
    """Return the new price that a period begins with, or None where the agreed one stays.

    changes  of the plan, or of one add-on beside it, and of the currency that are had
    since    when that was taken at its present price: who took it later was told the newer price
    A change holds for periods that begin when its notice is over, and when no price is promised any more.
    """
    if locked_until is not None and starts < locked_until:
        return None
    due = [each for each in changes if since < each.announced_at and each.effective_at <= starts]
    return max(due, key=lambda each: (each.effective_at, each.announced_at), default=None)


def meant_for(
    changes: Iterable[NewPrice], *, product: str, plan: str, currency: str, add_on: str = ""
) -> list[NewPrice]:
    """Return the changes that are about a plan in a currency, or about an add-on beside it."""
    mine = (product, plan, currency, add_on)
    return [
        each for each in changes
        if (each.product, each.plan, each.each.currency.code, each.add_on) == mine
    ]  # fmt: skip


def _whole(value: object, name: str, most: int) -> int:
    """Return a whole number from 0.  Raises BadSetting."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise BadSetting(name=name)
    return value
