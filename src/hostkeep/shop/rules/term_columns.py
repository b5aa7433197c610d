"""A term as tables keep it: a number of months, days or hours, and nothing of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hostkeep.kernel.terms import Term


class HasTerm(Protocol):
    """A row with the three columns."""

    months: int
    days: int
    hours: int


def term_of(row: HasTerm) -> Term:
    """Return the term of a row."""
    if row.hours:
        return Term("hour", row.hours)
    return Term("day", row.days) if row.days else Term("month", row.months)


def read_term_of(said: Mapping[str, int]) -> Term:
    """Return the term that stands in columns of JSON; those that say nothing may be left out."""
    if hours := said.get("hours"):
        return Term("hour", hours)
    return Term("day", said["days"]) if said.get("days") else Term("month", said["months"])


def columns_of(term: Term) -> dict[str, int]:
    """Return the columns of a term; a year is twelve months."""
    return {
        "months": term.months,
        "days": term.count if term.unit == "day" else 0,
        "hours": term.count if term.unit == "hour" else 0,
    }
