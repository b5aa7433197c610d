"""Metered use that no invoice bills yet: when it will be billed, what it comes to so far, and may come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from hostkeep.flows.metering import BILLING, PATIENCE, TIME_TO_PAY
from hostkeep.flows.using import may_look
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, ServiceId
from hostkeep.kernel.money import Currency, Money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.queries.metering import MeterRow, begun_since, meters_of
from hostkeep.subscriptions.rules.metering import Meter, Tariff, charge, expected
from hostkeep.vault.column_door import use_columns


@dataclass(frozen=True, slots=True)
class Running:
    """A meter in a period.  used: so far, in the meter's smallest unit.  cap: of its owner, or None."""

    tariff: Tariff
    currency: Currency
    used: int
    cap: Money | None

    def comes_to(self, quantity: int) -> Money:
        """Return what is asked for so much."""
        return charge(self.tariff, quantity, self.currency, cap=self.cap).amount


@dataclass(frozen=True, slots=True)
class UseAhead:
    """What a service used in one period, as one invoice will bill it.

    subscription  what it is billed for; its meters: running
    period        the month, or what is left of it where the service ends before
    seen_at       when the meters were read
    """

    service: ServiceId
    subscription: UUID
    period: Period
    running: tuple[Running, ...]
    seen_at: datetime
    due_in: timedelta = TIME_TO_PAY

    @property
    def billed_at(self) -> datetime:
        """When its invoice is made: the last readings of a period may come for a while after it."""
        return self.period.end + PATIENCE

    def until(self, end: datetime) -> UseAhead:
        """Return it for a service that ends before the period is over."""
        if not self.period.start < end < self.period.end:
            return self
        return replace(self, period=Period(self.period.start, end))

    def now(self) -> tuple[tuple[int, Money], ...]:
        """Return what it comes to so far, meter by meter, as amounts of lines."""
        return tuple((1, each.comes_to(each.used)) for each in self.running)

    def likely(self) -> tuple[tuple[int, Money], ...]:
        """Return what it comes to by the period's end if it goes on as it did until seen_at."""
        return tuple(
            (1, each.comes_to(expected(each.used, self.period, at=self.seen_at))) for each in self.running
        )


def uses_ahead(act: Act, account: AccountId) -> tuple[UseAhead, ...]:
    """Return what an account of act.brand used and was not billed for, a service and period each.

    Nothing where the policy does not let it be counted, or not act's role look at it.  The meters are opened
    in one batch, for act's role.
    """
    if not may_look(act, account):
        return ()
    rows = [row for row in meters_of(account) if row.period.start < row.period.end]
    later = begun_since(rows, at=act.at)

    def made(opened: Sequence[Meter | None]) -> tuple[UseAhead, ...]:
        parts: dict[tuple[UUID, datetime], UseAhead] = {}
        for row, meter in zip(rows, opened, strict=True):
            if meter is None:
                continue
            after = later.get(row.id)
            _add(parts, row, meter, (row.period, row.open - (after[1] if after else 0)), act.at)
            if after:
                _add(parts, row, meter, after, act.at)
        return tuple(parts.values())

    return use_columns(act.for_purpose(BILLING), wishes=[row.wish for row in rows], fn=made)


def _add(
    parts: dict[tuple[UUID, datetime], UseAhead], row: MeterRow, meter: Meter, what: tuple[Period, int],
    at: datetime,
) -> None:  # fmt: skip
    """Put a meter's use with that of the others of its subscription: one invoice bills them all."""
    period, used = what
    one = Running(meter.tariff, row.currency, used, row.cap)
    known = parts.get((row.subscription, period.end))
    parts[row.subscription, period.end] = (
        UseAhead(row.service, row.subscription, period, (one,), at) if known is None
        else replace(known, running=(*known.running, one))
    )  # fmt: skip
