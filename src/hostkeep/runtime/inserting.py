"""New rows of models, written as a deed knows them: several tables in one text, and nothing read back.

For deeds that write many sorts of rows, where composing a statement by the ORM takes longer than the server
does.  The fields make the values, as they do for the ORM; of many rows of one table, bulk.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

from hostkeep.runtime.deeds import Statement, leave, run

Fields = tuple["Field[Any, Any]", ...]


def insert(*tables: Sequence[Model], before: Sequence[Statement] = ()) -> None:
    """Write new rows: each sequence of one table, one after the other, in one way to the server.

    before  what is run before them in the same text
    A number that the database gives is not known afterwards.
    """
    groups = [rows for rows in tables if rows]
    run([*before, *(_inserted(rows) for rows in groups)])
    for row in (row for rows in groups for row in rows):
        _stands(row)


def insert_last(*rows: Model) -> None:
    """Write new rows as the running deed ends, with all that it says of itself; outside a deed at once.

    For rows that the deed itself does not ask the database for again, and that nothing can be in the way of.
    """
    for row in rows:
        leave(_last, row)
        _stands(row)


def _last(rows: Sequence[Model]) -> Statement:
    """Say how rows are written that were left to the end: a table's together, in its first row's order."""
    tables: dict[type[Model], list[Model]] = {}
    for row in rows:
        tables.setdefault(type(row), []).append(row)
    statements = [_inserted(some) for some in tables.values()]
    return "; ".join(text for text, _ in statements), [value for _, each in statements for value in each]


def insert_new(row: Model) -> bool:
    """Write a row unless one stands in its place already; say whether it was written."""
    text, values = _inserted([row])
    with connection.cursor() as cursor:
        cursor.execute(f"{text} ON CONFLICT DO NOTHING", values)
        written = bool(cursor.rowcount == 1)
    if written:
        _stands(row)
    return written


def _inserted(rows: Sequence[Model]) -> Statement:
    """Say how rows of one table are inserted."""
    numbered = rows[0].pk is None
    fields, head = _table(type(rows[0]), numbered)
    places: list[str] = []
    values: list[Any] = []
    for row in rows:
        for field in fields:
            value = field.pre_save(row, add=True)
            if isinstance(value, DatabaseDefault):
                places.append("DEFAULT")
            else:
                places.append("%s")
                values.append(field.get_db_prep_save(value, connection))
    width = len(fields)
    each = (f"({', '.join(places[n : n + width])})" for n in range(0, len(places), width))
    return head + ", ".join(each), values


@lru_cache(maxsize=256)
def _table(model: type[Model], numbered: bool) -> tuple[Fields, str]:
    """Return the fields that are written of a table, and how its statement begins.

    numbered  whether the database gives the rows their numbers
    """
    meta = model._meta  # noqa: SLF001  Django's documented way to a table's fields
    fields = tuple(
        field for field in meta.local_concrete_fields
        if not field.generated and not (numbered and field.primary_key)
    )  # fmt: skip
    columns = ", ".join(f'"{field.column}"' for field in fields)
    return fields, f'INSERT INTO "{meta.db_table}" ({columns}) VALUES '  # noqa: S608  names of our own


def _stands(row: Model) -> None:
    """Tell a row that it is one of the database's now."""
    row._state.adding, row._state.db = False, connection.alias  # noqa: SLF001  as Django's documentation says
