"""How many rows of several tables there are, and since when: one statement, however many tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import CharField, Count, Min, QuerySet, Value

Handle = TypeVar("Handle", bound=UUID)
Rows = Mapping[str, tuple[QuerySet[Any], str]]
"""What is counted, by name: rows, and the way to the time that they came in at."""

SOMEBODY = UUID("6d1f4f5e-0c55-4bb1-8f0a-2f7d35b1a9c4")
"""Stands for the handle in the statement while it is written."""


@dataclass(frozen=True, slots=True)
class Tally:
    """So many rows.  since: when the oldest of them came in, or None where there is none."""

    count: int
    since: datetime | None


NONE = Tally(0, None)


def tallies_of(asked: Callable[[Handle], Rows], whose: Handle) -> Mapping[str, Tally]:
    """Return what is counted of somebody, by name; what there is none of stands with 0.  One query.

    asked  says what is counted, by nothing but the handle: the statement is written once in a process, as
           writing it takes several times what counting does
    """
    text, values, names = _written(asked)
    with connection.cursor() as cursor:
        cursor.execute(text, [whose if value == SOMEBODY else value for value in values])
        found = {name: Tally(count, since) for name, count, since in cursor.fetchall()}
    return {name: found.get(name, NONE) for name in names}


@cache
def _written(asked: Callable[[Any], Rows]) -> tuple[str, tuple[Any, ...], tuple[str, ...]]:
    """Return the statement that counts, what it is asked with, and the names."""
    rows = asked(SOMEBODY)
    counted = [_counted(name, some, at) for name, (some, at) in rows.items()]
    text, values = counted[0].union(*counted[1:], all=True).query.sql_with_params()
    return text, tuple(values), tuple(rows)


def _counted(name: str, rows: QuerySet[Any], at: str) -> QuerySet[Any, Any]:
    """Count rows under a name: the constant makes them one group, or none."""
    named = rows.order_by().values(of=Value(name, CharField()))
    return named.annotate(count=Count("pk"), since=Min(at)).values_list("of", "count", "since")
