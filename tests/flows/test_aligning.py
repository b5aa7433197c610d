"""Bringing what an account has to one day of the month: what is shown is what is billed, and nothing else moves."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hostkeep.billing.models import Invoice
from hostkeep.flows import aligning
from hostkeep.kernel.money import EUR, Money
from hostkeep.subscriptions.actions.cancelling import cancel
from hostkeep.subscriptions.actions.changing import align, ask_change
from hostkeep.subscriptions.errors import BadPrice, BadTerm, ChangeWaits, NoSuchMove
from hostkeep.subscriptions.queries.changes import preview
from hostkeep.subscriptions.rules.agreeing import Agreed
from hostkeep.subscriptions.rules.changing import Wanted
from hostkeep.subscriptions.rules.terms import Term
from tests.conftest import NOON
from tests.rooms.subscriptions.having import MONTH, Taker, act_at, after, all_of, opens_account, runs, takes

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def seen(shown: tuple[aligning.Brought, ...]) -> dict[UUID, tuple[datetime, int]]:
    return {each.row.id: (each.stub.end, each.price.minor) for each in shown}


def brings(taker: Taker, day: int, shown=None) -> int:
    told = seen(aligning.preview(taker.account, day=day)) if shown is None else shown
    return aligning.bring(act_at(at=after(1)), of=taker.account, day=day, seen=told)


def dearer(taker: Taker) -> Wanted:
    return Wanted(Agreed("hexa-m", "monthly", "Hexa M", {}, MONTH, Money(5000, EUR)), {})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.integers(1, 31), price=st.integers(0, 10_000), term=st.sampled_from([Term("month", 1), Term("month", 3), Term("year", 1)]))
def test_what_is_shown_is_what_is_billed_and_later_periods_begin_on_the_day(db, day: int, price: int, term: Term) -> None:
    taker = takes(price=price, term=term)
    (shown,) = aligning.preview(taker.account, day=day)
    before = taker.periods()
    assert brings(taker, day) == 1
    assert taker.periods() == before
    for days in range(int((shown.stub.end - NOON).days) + 40):
        runs(after(days))
    periods = taker.periods()
    assert periods[1][:2] == (shown.stub.start, shown.stub.end)
    bill = Invoice.objects.filter(id=periods[1][2]).first()
    assert (bill.net_minor if bill else 0) == shown.price.minor
    for start, _, _ in periods[2:]:
        local = start.astimezone(AMSTERDAM)
        assert (local.hour, local.day) == (0, min(day, (local.replace(day=28) + timedelta(days=4)).replace(day=1).toordinal() - local.replace(day=1).toordinal()))


def test_several_are_brought_together_and_what_is_there_already_stays(db) -> None:
    who = opens_account()
    first, second = takes(who=who), takes(who=who, at=after(9))
    brings(first, 15)
    assert aligning.preview(first.account, day=15) == ()
    assert {all_of(each).align_day for each in (first, second)} == {15}
    assert brings(first, 15, {first.id: (NOON, 1)}) == 0


def test_one_that_comes_to_something_else_by_now_leaves_all_as_they_are(db) -> None:
    who = opens_account()
    first, second = takes(who=who), takes(who=who)
    told = seen(aligning.preview(first.account, day=15))
    with pytest.raises(BadPrice):
        brings(first, 15, {**told, second.id: (told[second.id][0], told[second.id][1] + 1)})
    with pytest.raises(NoSuchMove):
        brings(first, 15, {**told, uuid4(): told[second.id]})
    assert {all_of(each).align_day for each in (first, second)} == {None}


def test_another_accounts_is_not_brought(db) -> None:
    mine, theirs = takes(), takes()
    with pytest.raises(NoSuchMove):
        brings(mine, 15, seen(aligning.preview(theirs.account, day=15)))
    assert all_of(theirs).align_day is None


def test_what_ends_what_waits_and_what_is_counted_in_days_is_left_alone(db) -> None:
    ends, days, waits = takes(), takes(term=Term("day", 7)), takes(price=1000)
    cancel(act_at(), subscription=ends.id, ends_at=ends.row.billed_to, reason="customer")
    due = preview(act_at(at=after(1)), waits.id, of=waits.account, wanted=dearer(waits).agreed).turn.due
    ask_change(act_at(at=after(1)), subscription=waits.id, of=waits.account, wanted=dearer(waits), expected=due, once="x")
    for each, no in ((ends, NoSuchMove), (days, BadTerm), (waits, ChangeWaits)):
        assert aligning.preview(each.account, day=15) == ()
        with pytest.raises(no):
            align(act_at(at=after(1)), subscription=each.id, of=each.account, day=15)
        assert all_of(each).align_day is None


@pytest.mark.parametrize("day", [0, 32, -1, 99991231])
def test_a_day_that_is_none_is_refused(db, day: int) -> None:
    taker = takes()
    with pytest.raises(BadTerm):
        aligning.preview(taker.account, day=day)
