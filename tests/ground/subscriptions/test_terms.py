"""Periods: no gap, no overlap, no drift, in the zones of all five brands."""

from __future__ import annotations

import calendar
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.subscriptions.errors import BadTerm, DateOutOfReach
from hostkeep.subscriptions.rules import terms
from hostkeep.subscriptions.rules.terms import Calendar, Term, checked, following, number_at, period_no, start_of, term, whole_of

ROOT = Path(__file__).parents[3]
ZONES = sorted(tomllib.loads(p.read_text())["zone"] for p in (ROOT / "brands").glob("*/brand.toml"))
AMSTERDAM, NEW_YORK = "Europe/Amsterdam", "America/New_York"

moments = st.datetimes(datetime(2024, 1, 1), datetime(2040, 12, 31)).map(lambda d: d.replace(tzinfo=UTC))
some_terms = st.sampled_from(
    [Term("hour", 1), Term("hour", 25), Term("day", 1), Term("day", 30), Term("month", 1), Term("month", 3),
     Term("month", 6), Term("year", 1), Term("year", 3)]
)  # fmt: skip
plans = st.builds(Calendar, moments, st.sampled_from(ZONES), some_terms)
aligned = st.builds(
    Calendar, moments, st.sampled_from(ZONES), st.sampled_from([Term("month", 1), Term("month", 3), Term("year", 1)]),
    st.integers(1, 31),
)  # fmt: skip


def at(zone: str, *parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def days(plan: Calendar, count: int) -> list[str]:
    return [start_of(plan, n).astimezone(ZoneInfo(plan.zone)).strftime("%Y-%m-%d %H:%M") for n in range(count)]


def test_the_brands_have_five_zones() -> None:
    assert len(ZONES) == len(set(ZONES)) == 5


@given(plans | aligned, st.integers(0, 200))
def test_no_gap_no_overlap(plan: Calendar, n: int) -> None:
    here, then = period_no(plan, n), period_no(plan, n + 1)
    assert here.end == then.start
    assert here.start < here.end < then.end


@given(plans, st.integers(0, 200))
def test_no_drift(plan: Calendar, n: int) -> None:
    begun, local = plan.anchor.astimezone(ZoneInfo(plan.zone)), start_of(plan, n).astimezone(ZoneInfo(plan.zone))
    if plan.term.unit == "hour":
        assert start_of(plan, n) - plan.anchor == timedelta(hours=plan.term.count * n)
        return
    if plan.term.months:
        months = (local.year - begun.year) * 12 + local.month - begun.month
        assert months == plan.term.months * n
        assert local.day == min(begun.day, calendar.monthrange(local.year, local.month)[1])
    else:
        assert (local.date() - begun.date()).days == plan.term.count * n
    skipped = local.replace(fold=0).utcoffset() != (local - timedelta(hours=2)).utcoffset()
    assert skipped or local.time() == begun.time()


@given(plans | aligned, st.integers(0, 150))
def test_what_follows_what_is_billed_is_the_next_period(plan: Calendar, n: int) -> None:
    assert following(plan, start_of(plan, n)) == period_no(plan, n)


@given(plans, st.integers(0, 150), st.integers(-60, 60))
def test_a_zone_whose_rules_changed_makes_no_gap_and_no_period_of_an_hour(plan: Calendar, n: int, off: int) -> None:
    if plan.term.unit == "hour" or (n == 0 and off < 0):
        return
    billed_to = start_of(plan, n) + timedelta(minutes=off)
    next_one = following(plan, billed_to)
    assert next_one.start == billed_to
    assert next_one.end == start_of(plan, n + 1)


@given(plans | aligned, st.floats(0, 1, exclude_max=True), st.integers(0, 100))
def test_a_moment_lies_in_one_period(plan: Calendar, part: float, n: int) -> None:
    period = period_no(plan, n)
    moment = period.start + (period.end - period.start) * part
    assert number_at(plan, moment) == (n if moment < period.end else n + 1)


@pytest.mark.parametrize("term", [Term("month", 1), Term("month", 6), Term("year", 1)])
@pytest.mark.parametrize("day", [15, 31])
def test_nothing_is_cut_short_where_a_term_begins_on_its_day(term: Term, day: int) -> None:
    """Who has a day of the month and takes a longer term has it whole at once."""
    begin = at("Europe/Amsterdam", 2026, 4, min(day, 30))
    plan = Calendar(begin, "Europe/Amsterdam", term, day)
    first = period_no(plan, 0)
    end = first.end.astimezone(ZoneInfo("Europe/Amsterdam"))
    assert (end.year - 2026) * 12 + end.month - 4 == term.months
    assert end.day == min(day, calendar.monthrange(end.year, end.month)[1])
    assert whole_of(plan, first) == first


@given(aligned, st.integers(1, 60))
def test_aligned_periods_begin_at_midnight_of_their_day(plan: Calendar, n: int) -> None:
    local = start_of(plan, n).astimezone(ZoneInfo(plan.zone))
    assert local.day == min(plan.align_day, calendar.monthrange(local.year, local.month)[1])
    assert (local.hour, local.minute) == (0, 0)
    assert start_of(plan, 1) - plan.anchor <= timedelta(days=32)


def test_the_31st_comes_back() -> None:
    plan = Calendar(at(AMSTERDAM, 2026, 1, 31, 9), AMSTERDAM, Term("month", 1))
    assert days(plan, 6) == [
        "2026-01-31 09:00", "2026-02-28 09:00", "2026-03-31 09:00", "2026-04-30 09:00", "2026-05-31 09:00", "2026-06-30 09:00",
    ]  # fmt: skip


def test_a_leap_day_comes_back_after_four_years() -> None:
    plan = Calendar(at(NEW_YORK, 2028, 2, 29, 23, 30), NEW_YORK, Term("year", 1))
    assert [day[:10] for day in days(plan, 5)] == ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]


def test_a_day_is_a_day_when_clocks_change_and_an_hour_an_hour() -> None:
    daily = Calendar(at(NEW_YORK, 2026, 3, 7, 12), NEW_YORK, Term("day", 1))
    assert period_no(daily, 0).end - period_no(daily, 0).start == timedelta(hours=23)
    hourly = Calendar(at(NEW_YORK, 2026, 3, 8, 1), NEW_YORK, Term("hour", 1))
    assert days(hourly, 3) == ["2026-03-08 01:00", "2026-03-08 03:00", "2026-03-08 04:00"]


def test_a_time_that_clocks_skip_comes_later_that_day_alone() -> None:
    plan = Calendar(at(AMSTERDAM, 2026, 2, 28, 2, 30), AMSTERDAM, Term("day", 1))
    spring = [day for day in days(plan, 40) if day[5:10] in {"03-28", "03-29", "03-30"}]
    assert spring == ["2026-03-28 02:30", "2026-03-29 03:30", "2026-03-30 02:30"]


def test_a_time_that_comes_twice_is_the_first() -> None:
    plan = Calendar(at(AMSTERDAM, 2026, 9, 25, 2, 30), AMSTERDAM, Term("month", 1))
    assert start_of(plan, 1) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("unit", "count", "why"), [
    ("week", 1, "unit"), ("", 1, "unit"), ("month", 0, "count"), ("month", -1, "count"), ("year", 11, "count"),
    ("hour", 8785, "count"),
])  # fmt: skip
def test_a_term_that_is_none_is_refused(unit: str, count: int, why: str) -> None:
    with pytest.raises(BadTerm) as no:
        term(unit, count)
    assert no.value.facts["why"] == why


@pytest.mark.parametrize(("plan", "why"), [
    (Calendar(at("UTC", 2026, 1, 1), "Moon/Base", Term("month", 1)), "zone"),
    (Calendar(at("UTC", 2026, 1, 1), "../etc/passwd", Term("month", 1)), "zone"),
    (Calendar(at("UTC", 2026, 1, 1), "UTC", Term("day", 1), 3), "align_day"),
    (Calendar(at("UTC", 2026, 1, 1), "UTC", Term("month", 1), 32), "align_day"),
])  # fmt: skip
def test_a_calendar_that_makes_no_periods_is_refused(plan: Calendar, why: str) -> None:
    with pytest.raises(BadTerm) as no:
        checked(plan)
    assert no.value.facts["why"] == why


@pytest.mark.parametrize("unit", ["hour", "day", "month", "year"])
def test_the_end_of_time_is_refused_in_plain_words(unit: str) -> None:
    never = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    for anchor, n in [(never, 0), (never, 1), (at("UTC", 2999, 12, 31), 1_000_000)]:
        with pytest.raises(DateOutOfReach):
            start_of(Calendar(anchor, "UTC", Term(unit, 1)), n)
    assert "2999" in str(DateOutOfReach.title)


def test_a_moment_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="zone"):
        start_of(Calendar(datetime(2026, 1, 1), "UTC", Term("month", 1)), 0)  # noqa: DTZ001


def test_days_are_counted_on_the_calendar() -> None:
    march = period_no(Calendar(at(NEW_YORK, 2026, 3, 1, 15), NEW_YORK, Term("month", 1)), 0)
    assert terms.days_in(march, NEW_YORK) == 31
    assert [terms.days_begun(march, NEW_YORK, march.start + timedelta(hours=h)) for h in (0, 1, 24, 25)] == [0, 1, 1, 2]
    assert terms.days_begun(march, NEW_YORK, march.end) == 31
