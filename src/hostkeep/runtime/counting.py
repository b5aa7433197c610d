"""How many rows of several tables there are, and since when: one statement, however many tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import CharField, Count, Min, QuerySet, Value

from hostkeep.runtime.written import SOMEBODY, rows_of

Handle = TypeVar("Handle", bound=UUID)
Rows = Mapping[str, tuple[QuerySet[Any], str]]
"""What is counted, by name: rows, and the way to the time that they came in at."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many rows.  since: when the oldest of them came in, or None where there is none."""

    count: int
    since: datetime | None


NONE = Tally(0, None)


def tallies_of(asked: Callable[[Handle], Rows], whose: Handle) -> Mapping[str, Tally]:
    """Return what is counted of somebody, by name; what there is none of stands with 0.  One query.

    asked  says what is counted, by nothing but the handle; a function of a module
    """
    names, query = _asked(asked)
    found = {name: Tally(count, since) for name, count, since in rows_of(query, whose)}
    return {name: found.get(name, NONE) for name in names}


@cache
def _asked(asked: Callable[[Any], Rows]) -> tuple[tuple[str, ...], Callable[[UUID], QuerySet[Any, Any]]]:
    """Return the names of what is counted, and what writes the query."""

    def query(whose: UUID) -> QuerySet[Any, Any]:
        counted = [_counted(name, rows, at) for name, (rows, at) in asked(whose).items()]
        whole: QuerySet[Any, Any] = counted[0].union(*counted[1:], all=True)
        return whole

    return tuple(asked(SOMEBODY)), query


def _counted(name: str, rows: QuerySet[Any], at: str) -> QuerySet[Any, Any]:
    """Count rows under a name: the constant makes them one group, or none."""
    named = rows.order_by().values(of=Value(name, CharField()))
    told: QuerySet[Any, Any] = named.annotate(count=Count("pk"), since=Min(at))
    return told.values_list("of", "count", "since")
