"""A change while one term runs out and another is billed ahead: exact by the day, each period at its own prices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.kernel.money import EUR, Money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.rules.agreeing import Agreed, Told
from hostkeep.subscriptions.rules.changing import (
    BilledAt,
    InTerm,
    Now,
    Wanted,
    from_told,
    reckon,
    to_told,
)
from hostkeep.subscriptions.rules.prorating import by_its_days, split
from hostkeep.subscriptions.rules.terms import Calendar, Term, period_no

ZONE = "Europe/Amsterdam"
PLACE = ZoneInfo(ZONE)
DAY = timedelta(days=1)

whole_terms = st.sampled_from([
    Term("day", 1), Term("day", 7), Term("day", 30), Term("month", 1), Term("month", 6), Term("year", 1),
])  # fmt: skip
starts = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
amounts = st.integers(0, 10_000)


def euros(minor: int) -> Money:
    return Money(minor, EUR)


def days(begin: datetime, end: datetime) -> int:
    """Days on the wall that have begun between two moments, counted one by one."""
    day, last, count = begin.astimezone(PLACE).replace(tzinfo=None), end.astimezone(PLACE).replace(tzinfo=None), 0
    while day < last:
        day, count = day + DAY, count + 1
    return count


def billed(start: datetime, old: Term, new: Term) -> tuple[Period, Calendar, Period, Calendar]:
    """A period of one term, and one of another that begins where it ends."""
    plan = Calendar(start, ZONE, old)
    runs = period_no(plan, 0)
    ahead = Calendar(runs.end, ZONE, new)
    return runs, plan, period_no(ahead, 0), ahead


def reckoned(span, old, new, had, wanted, at):
    """had, wanted: what each comes to for a whole period that runs, and for one of those ahead."""
    runs, plan, later, ahead = span
    now = Now(
        Told("pass", "p", "Pass", {}), had[1],
        [BilledAt(runs, had[0], calendar=plan), BilledAt(later, had[1], calendar=ahead)], later.end, ahead,
    )  # fmt: skip
    return reckon(now, Agreed("big", "p", "Big", {}, new, wanted[1]), at=at, earlier={old: (wanted[0], None)})


@given(starts, whole_terms, whole_terms, st.lists(amounts, min_size=4, max_size=4), st.floats(0, 1, exclude_max=True))
def test_what_is_due_is_the_difference_of_both_prices_on_every_day_that_is_left(
    start: datetime, old: Term, new: Term, a_day: list[int], part: float
) -> None:
    span = billed(start, old, new)
    runs, _, later, _ = span
    at = runs.start + (runs.end - runs.start) * part
    whole, left, ahead = days(runs.start, runs.end), days(runs.start, runs.end) - days(runs.start, at), days(later.start, later.end)
    had = euros(a_day[0] * whole), euros(a_day[1] * ahead)
    wanted = euros(a_day[2] * whole), euros(a_day[3] * ahead)
    change = reckoned(span, old, new, had, wanted, at) if old != new else None
    if change is None:
        return
    assert change.turn.back.minor == a_day[0] * left + a_day[1] * ahead
    assert change.turn.pay.minor == a_day[2] * left + a_day[3] * ahead
    assert change.due - change.back == change.turn.due
    assert [(each.billed, each.left) for each in change.shares] == [
        (runs, Period(at, runs.end)), (later, later)
    ]  # fmt: skip
    assert change.turn.due == euros(sum(each.turn.due.minor for each in change.shares))


@given(
    starts, st.tuples(whole_terms, whole_terms).filter(lambda two: two[0] != two[1]),
    st.lists(st.integers(0, 10**9), min_size=4, max_size=4), st.lists(st.floats(0, 1, exclude_max=True), min_size=2, max_size=5),
)  # fmt: skip
def test_changes_one_after_another_cost_what_was_had_on_each_day(start, terms, minors, parts) -> None:
    """To and fro: what was paid less what was given back is what was had more, to half a cent a change and price."""
    old, new = terms
    span = billed(start, old, new)
    runs, _, later, _ = span
    low, high = (euros(minors[0]), euros(minors[1])), (euros(minors[2]), euros(minors[3]))
    moments = [runs.start + (runs.end - runs.start) * part for part in sorted(parts)]
    paid, had, prices = 0, Fraction(0), (low, high)
    for n, at in enumerate(moments):
        before, after = prices[n % 2], prices[(n + 1) % 2]
        paid += reckoned(span, old, new, before, after, at).turn.due.minor
        begun, until = days(runs.start, at), days(runs.start, moments[n + 1] if n + 1 < len(moments) else runs.end)
        had += Fraction((after[0].minor - low[0].minor) * (until - begun), days(runs.start, runs.end))
    had += prices[len(moments) % 2][1].minor - low[1].minor
    assert abs(paid - had) <= len(moments)
    there_and_back = reckoned(span, old, new, low, high, moments[0]).turn.due
    assert there_and_back == -reckoned(span, old, new, high, low, moments[0]).turn.due


def test_without_a_price_for_the_term_that_runs_out_nothing_is_made_up() -> None:
    span = billed(datetime(2026, 3, 1, 12, tzinfo=UTC), Term("day", 7), Term("month", 1))
    with pytest.raises(KeyError):
        reckoned(span, Term("day", 3), Term("month", 1), (euros(1), euros(1)), (euros(2), euros(2)), span[0].start)


@given(starts, whole_terms, whole_terms, st.integers(0, 10**6))
def test_what_is_sold_for_another_term_costs_as_much_a_day(start: datetime, old: Term, new: Term, a_day: int) -> None:
    plan = Calendar(start, ZONE, old)
    span = period_no(plan, 0)
    one = period_no(Calendar(span.start, ZONE, new), 0)
    sold = euros(a_day * days(one.start, one.end))
    assert by_its_days(sold, new, plan, span) == euros(a_day * days(span.start, span.end))


def test_a_period_that_was_cut_short_counts_uncut_and_hours_count_by_the_second() -> None:
    plan = Calendar(datetime(2026, 3, 1, 12, tzinfo=UTC), "UTC", Term("month", 1), align_day=11)
    cut = period_no(plan, 0)
    assert by_its_days(euros(700), Term("day", 7), plan, cut) == euros(3100)
    hours = Calendar(plan.anchor, "UTC", Term("hour", 36))
    assert by_its_days(euros(700), Term("day", 7), hours, period_no(hours, 0)) == euros(150)
    assert split(euros(150), period_no(hours, 0), at=plan.anchor + timedelta(hours=12), zone="UTC", exact=True).left == euros(100)


def test_what_it_comes_to_for_a_term_before_is_kept_with_the_change() -> None:
    span = billed(datetime(2026, 3, 1, 12, tzinfo=UTC), Term("day", 7), Term("month", 1))
    agreed = Agreed("big", "p", "Big", {}, Term("month", 1), euros(1700))
    earlier = {Term("day", 7): InTerm(euros(501), {"spare": euros(31)}), Term("hour", 5): InTerm(euros(3))}
    wanted = Wanted(agreed, {}, {"spare": euros(93)}, earlier=earlier)
    change = reckoned(span, Term("day", 7), Term("month", 1), (euros(250), euros(800)), (euros(501), euros(1700)), span[0].start)
    told = to_told(wanted, change, ())
    assert from_told(told) == wanted
    del told["earlier"]
    assert from_told(told).earlier == {}
