"""What is held of an account's subscriptions, row by row, for its owner: their page and their copy.

Rows come closed, newest first; the door opens them.  A subscription's own row is queries.subscriptions'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from hostkeep.kernel.ids import AccountId, ServiceId
from hostkeep.kernel.money import Money, money
from hostkeep.runtime.counting import Rows, Tally, tallies_of
from hostkeep.subscriptions.boxing import add_ons_wish, change_wish, meter_wish, titles_wish
from hostkeep.subscriptions.models import Alert, Change, Metered, Part, Period, Reading, Subscription, Use
from hostkeep.subscriptions.periods import with_turns
from hostkeep.subscriptions.rules.metering import Meter
from hostkeep.vault.column_door import ColumnWish


@dataclass(frozen=True, slots=True)
class PartHeld:
    """A part of what a subscription comes to.

    title     empty until it is opened
    add_on    which of the catalogue's add-ons it is, or empty
    each      for one term and one piece; less than nothing for a discount
    periods_left  for how many periods a discount still holds, or None: for good
    """

    service: ServiceId
    kind: str
    title: str
    each: Money
    quantity: int
    periods_left: int | None
    started_at: datetime
    ended_at: datetime | None
    add_on: str
    wish: ColumnWish[Any] = field(repr=False)

    def without(self, word: str) -> PartHeld:
        """Return it with a word in the place of its title."""
        return replace(self, title=word)


@dataclass(frozen=True, slots=True)
class TurnHeld:
    """What became of a period's bill.

    kind      "taken": it was taken back; "billed": the period was billed anew
    document  what took it back, or what bills it since
    """

    kind: str
    document: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class PeriodHeld:
    """A period that was billed.

    invoice  the first, None where it cost nothing; turns: what became of it
    """

    service: ServiceId
    starts_at: datetime
    ends_at: datetime
    invoice: UUID | None
    billed_at: datetime
    turns: tuple[TurnHeld, ...]


@dataclass(frozen=True, slots=True)
class ChangeHeld:
    """A change that was asked for.  told: what was changed into what, None until it is opened."""

    service: ServiceId
    kind: str
    state: str
    told: Mapping[str, Any] | None
    invoice: UUID | None
    back: Money
    asked_at: datetime
    effective_at: datetime
    done_at: datetime | None
    wish: ColumnWish[Any] = field(repr=False)

    def without(self, word: str) -> ChangeHeld:
        """Return it as it stands: its dates are all that is left.  word: not shown."""
        del word
        return self


@dataclass(frozen=True, slots=True)
class MeterHeld:
    """Something that is counted.

    meter       what it is called and what it costs, None until it is opened
    cap, alert  what its owner will not go over, and wants to hear of
    """

    id: UUID
    service: ServiceId
    meter: Meter | None
    cap: Money | None
    alert: Money | None
    started_at: datetime
    ended_at: datetime | None
    wish: ColumnWish[Any] = field(repr=False)

    def without(self, word: str) -> MeterHeld:
        """Return it as it stands: its limits and dates are all that is left.  word: not shown."""
        del word
        return self


@dataclass(frozen=True, slots=True)
class UseHeld:
    """What was used of a meter in a period that was billed.  full: without the cap."""

    meter: UUID
    starts_at: datetime
    ends_at: datetime
    quantity: int
    full: Money
    amount: Money
    invoice: UUID | None
    billed_at: datetime


@dataclass(frozen=True, slots=True)
class ReadingHeld:
    """So much was used of a meter between two moments.  billed: whether with a period that is over."""

    meter: UUID
    quantity: int
    starts_at: datetime
    ends_at: datetime
    taken_at: datetime
    billed: bool


@dataclass(frozen=True, slots=True)
class AlertHeld:
    """A limit of a meter that was reached.  kind: "alert" or "cap"."""

    meter: UUID
    kind: str
    period_starts_at: datetime
    reached_at: datetime


def parts_of(account: AccountId, *, first: int) -> tuple[PartHeld, ...]:
    """Return what an account's subscriptions are made of, what is over too.  One query."""
    rows = Part.objects.filter(subscription__account=account).select_related("subscription")
    return tuple(_part(row, row.subscription) for row in rows.order_by("-started_at", "-id")[:first])


def periods_held(account: AccountId, *, first: int) -> tuple[PeriodHeld, ...]:
    """Return every period of an account that was billed.  Two queries."""
    rows = Period.objects.filter(subscription__account=account).select_related("subscription")
    found = with_turns(rows.order_by("-starts_at", "-id")[:first])
    return tuple(
        PeriodHeld(
            ServiceId(row.subscription.service), row.starts_at, row.ends_at, row.invoice, row.billed_at,
            tuple(TurnHeld(each.kind, each.document, each.at) for each in turns),
        )
        for row, turns in found
    )  # fmt: skip


def changes_of(account: AccountId, *, first: int) -> tuple[ChangeHeld, ...]:
    """Return every change that an account asked for.  One query."""
    rows = Change.objects.filter(subscription__account=account).select_related("subscription")
    return tuple(_change(row, row.subscription) for row in rows.order_by("-asked_at", "-id")[:first])


def meters_held(account: AccountId, *, first: int) -> tuple[MeterHeld, ...]:
    """Return every meter of an account, those that are over among them.  One query."""
    rows = Metered.objects.filter(subscription__account=account).select_related("subscription")
    return tuple(_meter(row, row.subscription) for row in rows.order_by("-started_at", "-id")[:first])


def uses_held(account: AccountId, *, first: int) -> tuple[UseHeld, ...]:
    """Return what was billed of an account's meters.  One query."""
    rows = Use.objects.filter(metered__subscription__account=account)
    return tuple(
        UseHeld(
            row.metered_id, row.starts_at, row.ends_at, row.quantity, money(row.full_minor, currency),
            money(row.minor, currency), row.invoice, row.billed_at,
        )
        for row, currency in (
            (row, row.metered.subscription.currency)
            for row in rows.select_related("metered__subscription").order_by("-starts_at", "-id")[:first]
        )
    )  # fmt: skip


def readings_of(account: AccountId, *, first: int) -> tuple[ReadingHeld, ...]:
    """Return what was counted of an account.  One query."""
    rows = Reading.objects.filter(metered__subscription__account=account).order_by("-ends_at", "-id")
    return tuple(
        ReadingHeld(
            row.metered_id, row.quantity, row.starts_at, row.ends_at, row.taken_at, row.use_id is not None
        )
        for row in rows[:first]
    )


def alerts_of(account: AccountId, *, first: int) -> tuple[AlertHeld, ...]:
    """Return which limits of an account's meters were reached.  One query."""
    rows = Alert.objects.filter(metered__subscription__account=account).order_by("-reached_at", "-id")
    return tuple(
        AlertHeld(row.metered_id, row.kind, row.period_starts_at, row.reached_at) for row in rows[:first]
    )


def counts_of(account: AccountId) -> Mapping[str, Tally]:
    """Return how many rows of an account each table holds, and since when.  One query."""
    return tallies_of(_counted, account)


def _counted(account: AccountId) -> Rows:
    """Return what is counted."""
    of_subscription = {"subscription__account": account}
    of_meter = {"metered__subscription__account": account}
    return {
        "subscriptions_subscription": (Subscription.objects.filter(account=account), "created_at"),
        "subscriptions_part": (Part.objects.filter(**of_subscription), "started_at"),
        "subscriptions_period": (Period.objects.filter(**of_subscription), "billed_at"),
        "subscriptions_change": (Change.objects.filter(**of_subscription), "asked_at"),
        "subscriptions_metered": (Metered.objects.filter(**of_subscription), "started_at"),
        "subscriptions_use": (Use.objects.filter(**of_meter), "billed_at"),
        "subscriptions_reading": (Reading.objects.filter(**of_meter), "taken_at"),
        "subscriptions_alert": (Alert.objects.filter(**of_meter), "reached_at"),
    }


def _part(row: Part, of: Subscription) -> PartHeld:
    """Freeze a part, closed."""
    titles: ColumnWish[Any] = titles_wish(of, [row])
    told = PartHeld(
        ServiceId(of.service), row.kind, "", money(row.unit_minor, of.currency), row.quantity,
        row.cycles_left, row.started_at, row.ended_at, "", _nothing(titles),
    )  # fmt: skip
    if row.add_on is None:
        return replace(
            told, wish=replace(titles, make=lambda found: replace(told, title=titles.make(found)[row.id]))
        )
    opens: ColumnWish[Any] = add_ons_wish(of, [row])

    def named(found: Mapping[str, Mapping[str, Any]]) -> PartHeld:
        values = opens.make(found)[row.id]
        return replace(told, title=values["title"], add_on=values["slug"])

    return replace(told, wish=replace(opens, make=named))


def _change(row: Change, of: Subscription) -> ChangeHeld:
    """Freeze a change, closed."""
    opens: ColumnWish[Any] = change_wish(of, row)
    told = ChangeHeld(
        ServiceId(of.service), row.kind, row.state, None, row.invoice, money(row.credit_minor, of.currency),
        row.asked_at, row.effective_at, row.done_at, _nothing(opens),
    )  # fmt: skip
    return replace(told, wish=replace(opens, make=lambda found: replace(told, told=opens.make(found))))


def _meter(row: Metered, of: Subscription) -> MeterHeld:
    """Freeze a meter, closed."""
    opens: ColumnWish[Any] = meter_wish(of, row)

    def amount(minor: int | None) -> Money | None:
        return None if minor is None else money(minor, of.currency)

    told = MeterHeld(
        row.id, ServiceId(of.service), None, amount(row.cap_minor), amount(row.alert_minor), row.started_at,
        row.ended_at, _nothing(opens),
    )  # fmt: skip
    return replace(told, wish=replace(opens, make=lambda found: replace(told, meter=opens.make(found))))


def _nothing(wish: ColumnWish[Any]) -> ColumnWish[Any]:
    """Return the wish of a row that is open already: it asks for no column."""
    return replace(wish, rows={})
