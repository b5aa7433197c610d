"""How many rows of several tables there are, and since when: one statement, however many tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, Count, Min, QuerySet, Value


@dataclass(frozen=True, slots=True)
class Tally:
    """So many rows.  since: when the oldest of them came in, or None where there is none."""

    count: int
    since: datetime | None


def tallies(asked: Mapping[str, tuple[QuerySet[Any], str]]) -> Mapping[str, Tally]:
    """Return what is counted, by name.  One query.

    asked  rows, and the way to the time that they came in at
    """
    counted = [_counted(name, rows, at) for name, (rows, at) in asked.items()]
    found = counted[0].union(*counted[1:], all=True)
    return {name: Tally(count, since) for name, count, since in found}


def _counted(name: str, rows: QuerySet[Any], at: str) -> QuerySet[Any, Any]:
    """Count rows under a name: the constant makes them one group, or none."""
    named = rows.order_by().values(of=Value(name, CharField()))
    return named.annotate(count=Count("pk"), since=Min(at)).values_list("of", "count", "since")
