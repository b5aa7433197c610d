"""How a service was used ends by the policy: readings with its term for use, months with their documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from hostkeep.flows import metering, sweeping
from hostkeep.kernel.period import Period
from hostkeep.runtime import clock, stores
from hostkeep.subscriptions.actions.limiting import limit_meter
from hostkeep.subscriptions.actions.metering import Told
from hostkeep.subscriptions.errors import BadReading
from hostkeep.subscriptions.models import Alert, Metered, Reading, Use
from hostkeep.subscriptions.queries.metering import meter, use_due, uses_of
from hostkeep.subscriptions.queries.subscriptions import subscription
from hostkeep.kernel.money import EUR, Money
from hostkeep.vault.models import Hold
from hostkeep.vault.wall import opened
from tests.conftest import NOON, make_act
from tests.everything import BRAND, load_everything
from tests.flows.test_metering import GB, TRAFFIC
from tests.rooms.subscriptions.having import act_at, after, takes

TERM = 14
"""Days that the brand keeps use."""

OVER = datetime(2034, 1, 4, tzinfo=UTC)
"""Some days after seven years from the end of 2026."""


@pytest.fixture
def metered(db):
    sweeping.join()
    load_everything()
    taker = takes(BRAND)
    (traffic,) = metering.count_for(act_at(BRAND), of=subscription(taker.id), meters=[TRAFFIC])
    return taker, traffic


def reads(which: UUID, gb: int, *, day: float, once: str = "", at: float | None = None):
    told = Told(which, once or uuid4().hex, gb * GB, Period(after(day - 0.5), after(day)))
    return metering.take(act_at(BRAND, after(day if at is None else at)), told=[told])


def bills(day: float) -> int:
    return metering.bill_due(make_act(brand="", at=after(day)))


def store(name: str) -> stores.Store:
    return next(each for each in stores.all_stores() if each.name == f"subscriptions.{name}")


def sweeps(name: str, at: datetime) -> int:
    done = 0
    while count := store(name).erase(make_act(brand="", at=at), 100):
        done += count
    return done


def test_a_reading_that_is_billed_goes_when_its_term_is_over(metered) -> None:
    _, traffic = metered
    reads(traffic, 150, day=30)
    bills(32)

    assert store("readings").list_due(after(30 + TERM - 1)) == 0
    assert sweeps("readings", after(30 + TERM - 1)) == 0
    assert store("readings").list_due(after(30 + TERM + 1)) == 1
    assert sweeps("readings", after(30 + TERM + 1)) == 1
    assert not Reading.objects.exists()
    assert Use.objects.get().quantity == 150 * GB


def test_one_past_its_term_before_its_month_is_billed_is_added_up_and_billed(metered) -> None:
    taker, traffic = metered
    for day in (1, 2, 3, 20):
        reads(traffic, 50, day=day)
    assert store("readings").list_due(after(18)) == 3

    assert sweeps("readings", after(18)) == 3

    assert Reading.objects.count() == 1
    assert Metered.objects.get().carried == 150 * GB
    assert meter(traffic, of=taker.account).open == 200 * GB
    bills(32)
    assert [(use.quantity, use.amount.minor) for use in uses_of(taker.account)] == [(200 * GB, 200)]
    assert Metered.objects.get().carried == 0
    assert meter(traffic, of=taker.account).open == 0


def test_what_is_of_the_next_month_waits_until_this_one_is_billed(metered) -> None:
    taker, traffic = metered
    reads(traffic, 50, day=1)
    reads(traffic, 70, day=33)

    assert sweeps("readings", after(60)) == 1
    bills(60)
    assert [use.quantity for use in uses_of(taker.account)] == [50 * GB]
    assert sweeps("readings", after(60)) == 1
    bills(63)
    assert [use.quantity for use in uses_of(taker.account)] == [70 * GB, 50 * GB]


def test_a_reading_that_ended_is_never_counted_again(metered) -> None:
    taker, traffic = metered
    reads(traffic, 50, day=1, once="node:1")
    sweeps("readings", after(18))

    with pytest.raises(BadReading):
        reads(traffic, 50, day=1, once="node:1", at=18)

    assert meter(traffic, of=taker.account).open == 50 * GB


def test_a_hold_keeps_readings(metered) -> None:
    taker, traffic = metered
    reads(traffic, 50, day=1)
    with opened():
        Hold.objects.create(
            brand=BRAND, subject=taker.subject, classes=["traffic"], basis="dispute", case=uuid4(),
            opened_by="staff:a", approved_by="staff:b", opened_at=NOON, approved_at=NOON, review_at=OVER,
        )  # fmt: skip

    assert store("readings").list_due(after(40)) == 0
    assert sweeps("readings", after(40)) == 0
    assert Reading.objects.count() == 1


def test_an_alert_goes_with_the_readings_once_its_month_is_billed(metered) -> None:
    _, traffic = metered
    limit_meter(act_at(BRAND), metered=traffic, cap=None, alert=Money(100, EUR))
    reads(traffic, 160, day=1)
    assert Alert.objects.count() == 1
    sweeps("readings", after(18))
    assert Alert.objects.count() == 1

    bills(32)
    sweeps("readings", after(33))

    assert not Alert.objects.exists()


def test_readings_of_an_erased_account_are_gone_and_proven_so(metered) -> None:
    taker, traffic = metered
    reads(traffic, 50, day=1)
    whose = stores.Person(subjects=(taker.subject,), accounts=(taker.account,))
    assert store("readings").prove_absent(whose) == 1

    assert store("readings").forget(act_at(BRAND), whose) == 1

    assert store("readings").prove_absent(whose) == 0


def test_a_month_goes_with_its_documents_years_and_is_never_billed_again(metered) -> None:
    _, traffic = metered
    for number in range(3):
        reads(traffic, 150 + number, day=30 * number + 20)
        bills(31 * number + 32)
    sweeps("readings", after(300))
    assert Use.objects.count() == 3
    clock.advance(9 * timedelta(days=365))
    before = use_due(OVER)

    assert store("uses").list_due(OVER - timedelta(days=5)) == 0
    assert store("uses").list_due(OVER) == 3
    assert sweeps("uses", OVER) == 3

    assert store("uses").list_due(OVER) == 0
    left = Use.objects.get()
    assert (left.quantity, left.full_minor, left.minor, left.starts_at.month) == (0, 0, 0, 5)
    assert use_due(OVER) == before


def test_a_month_that_cost_nothing_goes_with_its_readings(metered) -> None:
    _, traffic = metered
    for number in range(2):
        reads(traffic, 20, day=30 * number + 20)
        bills(31 * number + 32)
    assert [use.invoice for use in Use.objects.all()] == [None, None]

    sweeps("readings", after(90))
    sweeps("uses", after(90))

    assert [use.quantity for use in Use.objects.all()] == [0]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE subscriptions_use SET quantity = 0, full_minor = 0, minor = 0",
        "UPDATE subscriptions_use SET quantity = 1",
        "DELETE FROM subscriptions_use",
    ],
)
def test_a_month_whose_year_is_not_over_stays_as_it_is(metered, change: str) -> None:
    _, traffic = metered
    clock.advance(timedelta(days=1))
    reads(traffic, 150, day=20)
    bills(32)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM subscriptions_use WHERE date_trunc('year', billed_at) = date_trunc('year', runtime.now())")
        assert cursor.fetchone()[0] == 1

    with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.parametrize("change", ["quantity = 1, full_minor = 1, minor = 1", "quantity = 0", "billed_at = now()"])
def test_of_an_old_month_nothing_else_can_be_changed(metered, change: str) -> None:
    _, traffic = metered
    reads(traffic, 150, day=20)
    bills(32)
    clock.advance(9 * timedelta(days=365))

    with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE subscriptions_use SET {change}")


def test_the_newest_month_of_a_meter_is_never_removed(metered) -> None:
    _, traffic = metered
    reads(traffic, 150, day=20)
    bills(32)
    clock.advance(9 * timedelta(days=365))

    with pytest.raises(DatabaseError, match="written once"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM subscriptions_use")
