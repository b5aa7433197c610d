"""Recurring revenue: whatever moves it is seen, once, and the moves add up to what there is."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from hostkeep.brands.queries import brand
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money
from hostkeep.reports import observing
from hostkeep.reports.actions.noting import Dated, note_movements
from hostkeep.reports.models import Movement, Standing
from hostkeep.reports.observing import look, look_due
from hostkeep.reports.queries.recurring import now_by_brand, recurring
from hostkeep.reports.rules.monthly import Seen, moved
from hostkeep.reports.rules.spans import latest
from hostkeep.subscriptions.actions.cancelling import cancel, end_subscription
from hostkeep.subscriptions.models import Subscription
from hostkeep.subscriptions.rules.terms import Term
from tests.conftest import NOON, make_act
from tests.rooms.subscriptions.having import act_at, after, takes

VPS6 = BrandId("vps6")


def looks(days: float) -> int:
    return look(make_act(brand="", at=after(days)), brand(VPS6))


def row_at(days: float):
    """This month's row."""
    (row,) = recurring(VPS6, latest("month", count=1, today=after(days).date()))[EUR]
    return row


def test_a_subscription_is_new_once_and_gone_once(db) -> None:
    taker = takes(price=1200)
    assert looks(0) == 1
    assert looks(0.1) == 0
    assert now_by_brand()[VPS6][0].monthly == Money(1200, EUR)
    end_subscription(act_at(at=after(2)), subscription=taker.id, reason="staff")
    assert looks(3) == 1
    assert looks(4) == 0
    assert VPS6 not in now_by_brand()
    row = row_at(3)
    assert (row.new.minor, row.churn.minor, row.after.minor, row.added, row.gone) == (1200, -1200, 0, 1, 1)
    assert Movement.objects.get(kind="churn").day == after(2).date()
    assert not Standing.objects.exists()


def test_terms_are_brought_to_a_month_and_more_and_less_are_told_apart(db) -> None:
    yearly, hourly = takes(price=12_000, term=Term("year", 1)), takes(price=2, term=Term("hour", 1))
    looks(0)
    assert now_by_brand()[VPS6][0].monthly == Money(1000 + 1460, EUR)
    assert now_by_brand()[VPS6][0].subscriptions == 2
    Subscription.objects.filter(id=yearly.id).update(price_minor=24_000)
    Subscription.objects.filter(id=hourly.id).update(price_minor=1)
    assert looks(1) == 2
    row = row_at(1)
    assert (row.expansion.minor, row.contraction.minor) == (1000, -730)
    assert row.after == now_by_brand()[VPS6][0].monthly


def test_what_waits_is_on_trial_or_another_brands_is_not_counted(db) -> None:
    takes(begun=False)
    takes(trial=14)
    takes("vpsfast")
    assert looks(0) == 0


def test_one_that_is_set_to_end_is_paid_for_until_then(db) -> None:
    taker = takes()
    looks(0)
    cancel(act_at(), subscription=taker.id, ends_at=taker.row.billed_to, reason="customer")
    assert looks(1) == 0
    assert now_by_brand()[VPS6][0].subscriptions == 1


def test_a_brand_that_goes_wrong_does_not_keep_the_others_from_being_looked_at(db, monkeypatch) -> None:
    def breaks(act, row):
        if row.id == "photonvps":  # the first of them
            raise KeyError("zone")
        return look(act, row)

    monkeypatch.setattr(observing, "look", breaks)
    takes(price=1200)
    assert look_due(make_act(brand="", at=after(1))) == 1
    assert VPS6 in now_by_brand()


def asks(days: float) -> int:
    """How many questions a look takes that finds nothing."""
    with CaptureQueriesContext(connection) as asked:
        assert looks(days) == 0
    return len(asked)


def test_where_nothing_changed_since_nothing_was_found_no_page_is_read(db) -> None:
    takes()
    looks(0)
    assert asks(1) > 2
    assert asks(2) == asks(3) == 2
    takes()
    assert looks(4) == 1
    assert asks(5) > 2
    assert asks(6) == 2


def test_what_another_process_noted_meanwhile_is_compared_with_too(db) -> None:
    """It moves there and back: for who forgot what was noted, all stands as it did."""
    taker, priced = takes(price=1200), Subscription.objects.all()
    looks(0)
    assert looks(1) == 0
    priced.update(price_minor=700)
    note_movements(act_at(), found=[Dated(move, NOON.date()) for move in moved(taker.id, Seen(1200, EUR), Seen(700, EUR))])
    priced.update(price_minor=1200)

    assert looks(2) == 1

    assert now_by_brand()[VPS6][0].monthly == Money(1200, EUR)


def test_each_thing_that_moves_a_subscription_is_seen_after_a_look_that_found_nothing(db) -> None:
    taker = takes(price=1200, term=Term("month", 1))
    looks(0)
    found = Subscription.objects.filter(id=taker.id)
    for day, change in enumerate(({"price_minor": 2400}, {"unit": "year"}, {"count": 2}, {"state": "trial"}), start=1):
        assert looks(day) == 0
        found.update(**change)
        assert looks(day + 0.5) == 1, change


def test_two_who_saw_the_same_note_it_once(db) -> None:
    taker = takes()
    move = moved(taker.id, None, Seen(1200, EUR))
    act = act_at()
    for _ in range(2):
        note_movements(act, found=[Dated(each, NOON.date()) for each in move])
    less = moved(taker.id, Seen(1200, EUR), Seen(700, EUR))
    for _ in range(2):
        note_movements(act, found=[Dated(each, NOON.date()) for each in less])
    gone = moved(taker.id, Seen(700, EUR), None)
    for _ in range(2):
        note_movements(act, found=[Dated(each, NOON.date()) for each in gone])
    assert {row.kind: (row.count, row.minor) for row in Movement.objects.all()} == {
        "new": (1, 1200), "contraction": (1, -500), "churn": (1, -700),
    }  # fmt: skip


def test_churn_is_a_share_of_what_the_month_began_with(db) -> None:
    first, second = takes(price=1000), takes(price=3000)
    looks(0)
    later = 40
    end_subscription(act_at(at=after(later)), subscription=first.id, reason="staff")
    takes(price=500, at=after(later))
    looks(later)
    row = row_at(later)
    assert (row.opened, row.closed, row.before.minor, row.after.minor) == (2, 2, 4000, 3500)
    assert (row.customers_lost, row.revenue_lost) == (500_000, 250_000)
    assert second.row.price.minor == 3000


def test_it_looks_once_an_hour(db) -> None:
    takes()
    act = make_act(brand="", at=NOON)
    assert look_due(act) == 1
    takes()
    assert look_due(make_act(brand="", at=NOON + timedelta(minutes=59))) == 0
    assert look_due(make_act(brand="", at=NOON + timedelta(hours=1))) == 1


def test_pages_of_subscriptions_are_all_seen(db, monkeypatch) -> None:
    monkeypatch.setattr("hostkeep.reports.observing.PAGE", 2)
    mine = [takes() for _ in range(5)]
    assert looks(0) == 5
    for taker in mine:
        end_subscription(act_at(at=after(1)), subscription=taker.id, reason="staff")
    assert looks(1) == 5
