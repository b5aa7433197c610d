"""How long something is sold and billed for at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hostkeep.kernel.period import months_after

Unit = Literal["hour", "day", "month", "year"]

HOURS = 24
"""Of a day."""

_MEAN = {"hour": 3600.0, "day": 86400.0, "month": 2629746.0, "year": 31556952.0}


@dataclass(frozen=True, slots=True)
class Term:
    """How long a period is: so many hours, days, months or years."""

    unit: Unit
    count: int

    @property
    def months(self) -> int:
        """Months of a term of months or years; 0 of another."""
        return {"month": 1, "year": 12}.get(self.unit, 0) * self.count

    @property
    def seconds(self) -> int:
        """How long it is on average; a year is twelve months to the second."""
        return int(_MEAN[self.unit]) * self.count


def same_term(one: Term, other: Term) -> bool:
    """Say whether two terms are of one length, however they are counted: twelve months are a year."""
    return one.months == other.months if one.months or other.months else one == other


def term_after(at: datetime, term: Term) -> datetime:
    """Return the moment a term later; of months the same day and time, or the month's last day."""
    if term.months:
        return months_after(at, term.months)
    return at + timedelta(hours=term.count * (1 if term.unit == "hour" else HOURS))
