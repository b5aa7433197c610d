"""Parts of periods: they add up, whatever is changed whenever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.money import EUR, VND, Money
from hostkeep.subscriptions.errors import BadSetting, NoSuchMove
from hostkeep.subscriptions.rules.pricing import NewPrice, holds, made_at, promised
from hostkeep.subscriptions.rules.prorating import price_of, split, turn
from hostkeep.subscriptions.rules.states import TABLE, Move, State, after
from hostkeep.subscriptions.rules.terms import Calendar, Term, period_no

ZONE = "Europe/Amsterdam"
START = datetime(2026, 1, 31, 8, tzinfo=UTC)
MONTH = Calendar(START, ZONE, Term("month", 1))
HOURS = Calendar(START, ZONE, Term("hour", 24))

prices = st.integers(0, 10**12).map(lambda minor: Money(minor, EUR))
parts = st.floats(0, 1)


def moment(plan: Calendar, part: float) -> datetime:
    period = period_no(plan, 0)
    return period.start + (period.end - period.start) * part


@given(prices, parts, st.booleans())
def test_used_and_left_are_the_price(price: Money, part: float, exact: bool) -> None:
    cut = split(price, period_no(MONTH, 0), at=moment(MONTH, part), zone=ZONE, exact=exact)
    assert cut.used + cut.left == price
    assert 0 <= cut.left.minor <= price.minor


@given(prices, st.lists(parts, min_size=2, max_size=6))
def test_what_is_left_never_grows(price: Money, cuts: list[float]) -> None:
    left = [split(price, period_no(MONTH, 0), at=moment(MONTH, p), zone=ZONE).left.minor for p in sorted(cuts)]
    assert left == sorted(left, reverse=True)


@given(st.lists(st.tuples(prices, parts), min_size=1, max_size=8), prices)
def test_changes_of_a_period_come_to_what_was_used_of_each(changes, first: Money) -> None:
    period, old, paid = period_no(MONTH, 0), first, first
    used, since = Money(0, EUR), None
    for new, part in sorted(changes, key=lambda c: c[1]):
        at = moment(MONTH, part)
        paid = paid + turn(old, new, period, at=at, zone=ZONE).due
        before = split(old, period, at=since, zone=ZONE).left if since else old
        used = used + before - split(old, period, at=at, zone=ZONE).left
        old, since = new, at
    assert paid == used + split(old, period, at=since, zone=ZONE).left
    assert paid.minor >= 0


@given(prices, prices, parts, st.booleans())
def test_there_and_back_costs_nothing(old: Money, new: Money, part: float, exact: bool) -> None:
    period, at = period_no(HOURS, 0), moment(HOURS, part)
    there = turn(old, new, period, at=at, zone=ZONE, exact=exact)
    back = turn(new, old, period, at=at, zone=ZONE, exact=exact)
    assert (there.due + back.due).minor == 0
    assert turn(old, old, period, at=at, zone=ZONE, exact=exact).due.minor == 0


def test_days_are_exact_and_hours_to_the_second() -> None:
    february = period_no(MONTH, 0)
    assert split(Money(2800, EUR), february, at=START + timedelta(days=10), zone=ZONE).left == Money(1800, EUR)
    assert split(Money(2800, EUR), february, at=START + timedelta(days=10, seconds=1), zone=ZONE).left == Money(1700, EUR)
    day = period_no(HOURS, 0)
    assert split(Money(86400, VND), day, at=START + timedelta(seconds=1), zone=ZONE, exact=True).left == Money(86399, VND)


@given(prices, st.integers(1, 31))
def test_the_period_that_is_cut_short_costs_its_days(price: Money, day: int) -> None:
    plan = Calendar(START, ZONE, Term("month", 1), day)
    first = price_of(price, plan, period_no(plan, 0))
    assert 0 <= first.minor <= price.minor
    assert price_of(price, plan, period_no(plan, 1)) == price
    assert price_of(price, MONTH, period_no(MONTH, 0)) == price


def test_a_cut_of_ten_days_costs_ten_days() -> None:
    plan = Calendar(datetime(2026, 4, 1, 22, tzinfo=UTC), ZONE, Term("month", 1), 12)  # midnight of April 2nd
    assert price_of(Money(3000, EUR), plan, period_no(plan, 0)) == Money(1000, EUR)


def new_price(minor: int, announced: int, effective: int) -> NewPrice:
    return NewPrice("hexa", "monthly", Money(minor, EUR), START + timedelta(days=announced), START + timedelta(days=effective))


def test_a_new_price_holds_for_periods_that_begin_after_its_notice() -> None:
    one, two = new_price(900, 1, 31), new_price(950, 5, 40)
    held = {day: holds([one, two], starts=START + timedelta(days=day), since=START, locked_until=None) for day in (30, 31, 39, 40)}
    assert held == {30: None, 31: one, 39: one, 40: two}


def test_a_new_price_is_not_for_who_took_the_plan_after_it_was_announced_nor_while_a_price_is_promised() -> None:
    one, late = new_price(900, 1, 31), START + timedelta(days=60)
    assert holds([one], starts=late, since=START + timedelta(days=1), locked_until=None) is None
    assert holds([one], starts=late, since=START, locked_until=late + timedelta(seconds=1)) is None
    assert holds([one], starts=late, since=START, locked_until=late) is one


FORTNIGHT = timedelta(days=14)


@pytest.mark.parametrize(("term", "lead"), [
    (Term("year", 1), FORTNIGHT), (Term("month", 1), FORTNIGHT), (Term("day", 28), FORTNIGHT),
    (Term("day", 14), timedelta(days=7)), (Term("day", 7), timedelta(days=3.5)), (Term("day", 1), timedelta(hours=12)),
    (Term("hour", 100), timedelta(hours=50)), (Term("hour", 1), timedelta(minutes=30)),
])  # fmt: skip
def test_an_invoice_is_made_ahead_by_half_of_the_term_before_it_at_most(term: Term, lead: timedelta) -> None:
    plan = Calendar(START, "UTC", term)
    for n in range(3):
        assert made_at(period_no(plan, n), plan, FORTNIGHT) == period_no(plan, n).end - lead


@given(st.sampled_from(["hour", "day", "month", "year"]), st.integers(1, 10), st.integers(0, 30), st.integers(0, 366))
def test_no_invoice_is_made_before_half_of_the_term_is_over(unit, count: int, n: int, days: int) -> None:
    plan = Calendar(START, ZONE, Term(unit, count))
    before, lead = period_no(plan, n), timedelta(days=days)
    at = made_at(before, plan, lead)
    assert at - before.start >= before.end - at  # in the term's second half
    assert before.end - at == min(lead, (before.end - before.start) / 2)


def test_a_period_that_was_cut_short_counts_as_its_whole_term_but_nothing_is_billed_before_it_begins() -> None:
    plan = Calendar(START, ZONE, Term("month", 1), align_day=10)
    cut, whole = period_no(plan, 0), period_no(plan, 1)
    assert cut.end - cut.start < FORTNIGHT
    assert made_at(cut, plan, FORTNIGHT) == cut.start
    assert made_at(cut, plan, timedelta(days=8)) == cut.end - timedelta(days=8)
    assert made_at(whole, plan, FORTNIGHT) == whole.end - FORTNIGHT


def test_what_a_brand_promises_is_read_and_checked() -> None:
    said = promised({})
    assert (said.lead.days, said.notice.days, said.lock_months, said.zero_invoice) == (14, 30, 0, False)
    said = promised({"dunning": {"invoice_before": 7}, "price_change_notice": 60, "price_lock": "always", "invoice_over_nothing": True})
    assert (said.lead.days, said.notice.days, said.lock_months, said.zero_invoice) == (7, 60, None, True)


@pytest.mark.parametrize("words", [
    {"price_change_notice": -1}, {"price_change_notice": "30"}, {"price_change_notice": True}, {"price_lock": 121},
    {"price_lock": "ever"}, {"dunning": {"invoice_before": 400}}, {"invoice_over_nothing": 1},
])  # fmt: skip
def test_a_setting_that_cannot_be_meant_is_refused(words: dict) -> None:
    with pytest.raises(BadSetting):
        promised(words)


def test_what_ended_stays_ended() -> None:
    assert {state for state, _ in TABLE} == set(State) - {State.ENDED}
    for move in Move:
        with pytest.raises(NoSuchMove):
            after(State.ENDED, move)
