"""The spans that a report is cut into: months, quarters or years of a brand's zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from hostkeep.reports.errors import BadSpan

Cut = Literal["month", "quarter", "year"]
CUTS: tuple[Cut, ...] = get_args(Cut)
MONTHS: Mapping[Cut, int] = MappingProxyType({"month": 1, "quarter": 3, "year": 12})

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""No books before, no plans behind."""

MOST = 60
"""Spans in one report."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a report.  first, last: its first and last day in the brand's zone; cut: how long it is."""

    cut: Cut
    first: date
    last: date

    def starts_at(self, zone: str) -> datetime:
        """Return its beginning, in UTC."""
        return midnight(self.first, zone)

    def ends_at(self, zone: str) -> datetime:
        """Return its end, which is not in it, in UTC."""
        return midnight(self.last + timedelta(days=1), zone)


def midnight(day: date, zone: str) -> datetime:
    """Return when a day begins in a zone, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def span_of(cut: Cut, day: date) -> Span:
    """Return the span that a day lies in."""
    length = MONTHS[cut]
    first = date(day.year, (day.month - 1) // length * length + 1, 1)
    return Span(cut, first, _after(first, length) - timedelta(days=1))


def spans(cut: Cut, *, since: date, until: date) -> tuple[Span, ...]:
    """Return the spans that two days and all between lie in, oldest first.

    Raises BadSpan: the days are out of order or of reach, or there are more than MOST.
    """
    if not (since.year >= FIRST_YEAR and until.year <= LAST_YEAR and since <= until):
        raise BadSpan
    found = [span_of(cut, since)]
    while found[-1].last < until:
        if len(found) == MOST:
            raise BadSpan
        found.append(span_of(cut, found[-1].last + timedelta(days=1)))
    return tuple(found)


def latest(cut: Cut, *, count: int, today: date) -> tuple[Span, ...]:
    """Return the span of today and those before it, oldest first.  count: 1 to MOST in all."""
    found = [span_of(cut, today)]
    while len(found) < count:
        found.insert(0, span_of(cut, found[0].first - timedelta(days=1)))
    return tuple(found)


def _after(day: date, months: int) -> date:
    """Return the first day of a month some months later.  day: a first of a month."""
    index = day.month - 1 + months
    return date(day.year + index // 12, index % 12 + 1, 1)
