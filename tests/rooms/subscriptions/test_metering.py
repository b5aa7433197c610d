"""Readings are counted once, billed once, late ones with the next period; a race or a replay changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connections, transaction

from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import EUR, MILLION, USD, Money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.actions import metering
from hostkeep.subscriptions.actions.limiting import limit_meter
from hostkeep.subscriptions.actions.metering import Told, add_meter, close_period, take_readings
from hostkeep.subscriptions.errors import BadLimit, BadReading, NoSuchMeter, ReadDifferently
from hostkeep.subscriptions.models import Reading, Use
from hostkeep.subscriptions.rules.metering import Meter, Tariff, Tier
from tests.conftest import NOON
from tests.meeting import Together
from tests.rooms.subscriptions.having import act_at, after, takes

GB = 10**9
TRAFFIC = Tariff("overage", "GB", GB, 100, (Tier(None, 2 * MILLION),))
"""100 GB a period are included; each further one costs 2 cents."""

FIRST = Period(NOON, after(31))
SECOND = Period(after(31), after(61))


def meters(cap: Money | None = None, tariff: Tariff = TRAFFIC):
    taker = takes()
    made = add_meter(act_at(), subscription=taker.id, meter=Meter("traffic", "Traffic out", tariff), cap=cap)
    return taker, made.id


def reads(metered: UUID, gb: float, *, day: float = 1, once: str = "", at: datetime | None = None):
    told = Told(metered, once or uuid4().hex, int(gb * GB), Period(after(day - 1), after(day)))
    return take_readings(act_at(at=at or after(day)), told=[told])


class Bills:
    """Keeps what it was asked to bill."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, _act, _row, _period, used) -> InvoiceId | None:
        self.asked += [(each.quantity, each.charge.amount.minor) for each in used]
        return InvoiceId(uuid4()) if any(each.charge.amount.minor for each in used) else None


def closes(taker, period: Period = FIRST, bills: Bills | None = None):
    bills = bills or Bills()
    closed = close_period(act_at(at=period.end), subscription=taker.id, period=period, bill=bills)
    return closed, bills.asked


def test_what_was_used_over_the_allowance_is_billed(db) -> None:
    taker, metered = meters()
    reads(metered, 80, day=1)
    reads(metered, 70.5, day=2)
    closed, asked = closes(taker)
    assert asked == [(150 * GB + GB // 2, 101)]
    use = Use.objects.get()
    assert (use.quantity, use.minor, use.invoice) == (150 * GB + GB // 2, 101, closed.invoice)
    assert not Reading.objects.filter(use=None).exists()


def test_within_the_allowance_nothing_is_billed_and_the_period_is_closed(db) -> None:
    taker, metered = meters()
    reads(metered, 20)
    closed, asked = closes(taker)
    assert (closed.invoice, asked, Use.objects.get().minor) == (None, [(20 * GB, 0)], 0)


def test_a_period_is_billed_once(db) -> None:
    taker, metered = meters()
    reads(metered, 200)
    first, _ = closes(taker)
    again, asked = closes(taker)
    assert (again.again, again.invoice, asked) == (True, first.invoice, [])


def test_a_late_reading_is_billed_with_the_next_period(db) -> None:
    taker, metered = meters()
    reads(metered, 150, day=1)
    closes(taker)
    reads(metered, 30, day=30, at=after(32))
    reads(metered, 100, day=40)
    _, asked = closes(taker, SECOND)
    assert asked == [(130 * GB, 60)]
    assert sum(Use.objects.values_list("quantity", flat=True)) == 280 * GB


def test_what_came_after_the_period_waits_for_the_next(db) -> None:
    taker, metered = meters()
    reads(metered, 500, day=40)
    assert closes(taker)[1] == [(0, 0)]
    assert closes(taker, SECOND)[1] == [(500 * GB, 800)]


def test_the_same_reading_twice_counts_once(db) -> None:
    _, metered = meters()
    assert reads(metered, 5, once="a").fresh == 1
    assert reads(metered, 5, once="a").fresh == 0
    assert Reading.objects.count() == 1
    with pytest.raises(ReadDifferently):
        reads(metered, 6, once="a")
    assert Reading.objects.get().quantity == 5 * GB


def test_no_more_is_asked_for_than_the_cap(db) -> None:
    taker, metered = meters(cap=Money(500, EUR))
    reads(metered, 1_000)
    assert closes(taker)[1] == [(1_000 * GB, 500)]
    assert Use.objects.get().full_minor == 1_800


def test_the_cap_is_of_the_subscriptions_currency(db) -> None:
    _, metered = meters()
    for cap, why in ((Money(5, USD), "currency"), (Money(-1, EUR), "amount"), (Money(10**13, EUR), "amount")):
        with pytest.raises(BadLimit) as refused:
            limit_meter(act_at(), metered=metered, cap=cap, alert=None)
        assert refused.value.facts["why"] == why
    limit_meter(act_at(), metered=metered, cap=Money(5, EUR), alert=Money(4, EUR))


@pytest.mark.parametrize(
    ("why", "quantity", "start", "end", "once"),
    [
        ("quantity", 0, 0, 1, "a"),
        ("quantity", -5, 0, 1, "a"),
        ("quantity", 2**63, 0, 1, "a"),
        ("future", 1, 0, 2, "a"),
        ("age", 1, -100, -99, "a"),
        ("key", 1, 0, 1, ""),
        ("key", 1, 0, 1, "a" * 65),
        ("key", 1, 0, 1, "năm"),
    ],
)
def test_what_no_meter_can_have_shown_is_refused(db, why: str, quantity: int, start: float, end: float, once: str) -> None:
    _, metered = meters()
    told = Told(metered, once, quantity, Period(after(start), after(end)))
    with pytest.raises(BadReading) as refused:
        take_readings(act_at(at=after(1)), told=[told])
    assert refused.value.facts["why"] == why
    assert not Reading.objects.exists()


def test_one_bad_reading_lets_none_in(db) -> None:
    _, metered = meters()
    good = Told(metered, "a", 1, Period(NOON, after(1)))
    for bad in (Told(uuid4(), "b", 1, Period(NOON, after(1))), Told(metered, "b", 0, Period(NOON, after(1)))):
        with pytest.raises((NoSuchMeter, BadReading)):
            take_readings(act_at(at=after(1)), told=[good, bad])
    assert not Reading.objects.exists()


def test_a_meter_of_another_brand_is_not_read(db) -> None:
    _, metered = meters()
    told = Told(metered, "a", 1, Period(NOON, after(1)))
    with pytest.raises(NoSuchMeter):
        take_readings(act_at("vpsfast", at=after(1)), told=[told])


def test_a_reading_and_a_billed_use_stay_as_they_are(db) -> None:
    taker, metered = meters()
    reads(metered, 200)
    closes(taker)
    for change in (
        lambda: Reading.objects.update(quantity=1),
        lambda: Use.objects.update(quantity=1),
        lambda: Use.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert (Reading.objects.get().quantity, Use.objects.get().quantity) == (200 * GB, 200 * GB)


def test_eight_runs_at_once_bill_a_period_once(committed) -> None:
    taker, metered = meters()
    reads(metered, 200)
    bills = Bills()

    def run(_: int) -> bool:
        try:
            return closes(taker, bills=bills)[0].again
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        again = list(pool.map(run, range(8)))
    assert (again.count(False), len(bills.asked), Use.objects.count()) == (1, 1, 1)


def test_without_the_lock_a_period_would_be_billed_twice_or_break(committed, monkeypatch) -> None:
    taker, metered = meters()
    reads(metered, 200)
    bills = Bills()
    monkeypatch.setattr(metering, "held", lambda found, brand: metering.Subscription.objects.get(id=found))
    monkeypatch.setattr(metering, "_open_readings", Together(8).before(metering._open_readings))  # all have seen no use

    def run(_: int) -> str:
        try:
            return "again" if closes(taker, bills=bills)[0].again else "billed"
        except IntegrityError:
            return "broke"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(run, range(8)))
    assert len(bills.asked) > 1 or "broke" in told, "the race test above would not notice a missing lock"


def test_readings_that_come_while_a_period_is_closed_are_lost_to_nobody(committed) -> None:
    taker, metered = meters()
    stop = after(31) - timedelta(minutes=1)

    def read(n: int) -> None:
        try:
            told = Told(metered, f"r{n}", GB, Period(stop - timedelta(hours=1), stop))
            take_readings(act_at(at=after(31)), told=[told])
            if n % 10 == 5:
                closes(taker)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(read, range(60)))
    closes(taker)
    closes(taker, SECOND)
    assert sum(Use.objects.values_list("quantity", flat=True)) == 60 * GB
