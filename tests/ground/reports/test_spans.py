"""The spans of a report."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hostkeep.reports.errors import BadSpan
from hostkeep.reports.rules.spans import CUTS, MOST, latest, span_of, spans

DAYS = some.dates(date(2000, 1, 1), date(2099, 12, 31))


@given(DAYS, some.sampled_from(CUTS))
def test_a_day_lies_in_its_span_and_spans_touch(day: date, cut) -> None:
    span = span_of(cut, day)
    assert span.first <= day <= span.last
    assert span_of(cut, span.last + timedelta(days=1)).first == span.last + timedelta(days=1)


@given(DAYS, some.sampled_from(CUTS), some.integers(1, MOST))
def test_the_latest_end_with_today(day: date, cut, count: int) -> None:
    found = latest(cut, count=count, today=day)
    assert len(found) == count
    assert found[-1] == span_of(cut, day)
    assert all(one.last + timedelta(days=1) == two.first for one, two in zip(found, found[1:], strict=False))


def test_quarters_and_years_are_the_calendars() -> None:
    assert [(s.first, s.last) for s in spans("quarter", since=date(2024, 2, 29), until=date(2024, 7, 1))] == [
        (date(2024, 1, 1), date(2024, 3, 31)), (date(2024, 4, 1), date(2024, 6, 30)), (date(2024, 7, 1), date(2024, 9, 30)),
    ]  # fmt: skip
    assert span_of("year", date(2024, 2, 29)).last == date(2024, 12, 31)


def test_a_span_is_of_the_brands_zone() -> None:
    march = span_of("month", date(2026, 3, 10))
    assert march.starts_at("Europe/Amsterdam") == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert march.ends_at("Europe/Amsterdam") == datetime(2026, 3, 31, 22, tzinfo=UTC)  # summer time began


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2026, 2, 1), date(2026, 1, 31)), (date(1999, 12, 31), date(2000, 1, 1)),
        (date(2026, 1, 1), date(9999, 12, 31)), (date(2020, 1, 1), date(2025, 1, 1)),
    ],
)  # fmt: skip
def test_days_that_make_no_report_are_refused(since: date, until: date) -> None:
    with pytest.raises(BadSpan):
        spans("month", since=since, until=until)
