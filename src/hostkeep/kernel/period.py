"""Half-open spans of time."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Period:
    """From start (in) to end (out), both aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a period ends before it starts")

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end


def months_after(at: datetime, months: int) -> datetime:
    """Return the same day and time so many months later, the month's last day where there is none.

    months  >= 0
    """
    index = at.month - 1 + months
    year, month = at.year + index // 12, index % 12 + 1
    day = min(at.day, calendar.monthrange(year, month)[1])
    return at.replace(year=year, month=month, day=day)
