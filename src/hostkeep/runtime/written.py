"""Queries that the ORM writes once in a process, and the database reads as often as they are asked.

For what every page asks: writing a query of a dozen conditions takes several times what its rows take.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

SOMEBODY = UUID("6d1f4f5e-0c55-4bb1-8f0a-2f7d35b1a9c4")
"""Stands for the handle in a query while it is written."""

KEPT = 512
"""Queries a process keeps: a list has one a page that was looked at."""


def rows_of(query: Callable[..., QuerySet[Any, Any]], whose: UUID, *numbers: int) -> list[tuple[Any, ...]]:
    """Return the rows of a query about one handle, as the driver reads them: no field's from_db_value.

    query    writes it for a handle and some numbers; it is called once for each numbers, so it must be a
             function of a module, and nothing may enter it but these
    whose    the handle it is asked for now
    """
    text, values = _written(query, *numbers)
    if not text:
        return []
    with connection.cursor() as cursor:
        cursor.execute(text, [whose if value == SOMEBODY else value for value in values])
        return list(cursor.fetchall())


@lru_cache(maxsize=KEPT)
def _written(query: Callable[..., QuerySet[Any, Any]], *numbers: int) -> tuple[str, tuple[Any, ...]]:
    """Return the text of a query, and what it is asked with; no text where it can find nothing."""
    try:
        text, values = query(SOMEBODY, *numbers).query.sql_with_params()
    except EmptyResultSet:
        return "", ()
    return text, tuple(values)
