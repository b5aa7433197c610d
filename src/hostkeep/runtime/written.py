"""Queries that the ORM writes once in a process, and the database reads as often as they are asked.

For what every page asks: writing a query of a dozen conditions takes several times what its rows take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet

from hostkeep.runtime.together import Question, ask

M = TypeVar("M", bound=Model)

SOMEBODY = UUID("6d1f4f5e-0c55-4bb1-8f0a-2f7d35b1a9c4")
"""Stands for the handle in a query while it is written."""

SOMETHING = "6d1f4f5e-0c55-4bb1-8f0a-2f7d35b1a9c4"
"""Stands for the key in a query that asks for a text, while it is written."""

KEYS = (SOMEBODY, SOMETHING)

Key = UUID | str | tuple[UUID, ...]
"""What a query is asked for."""

KEPT = 512
"""Queries a process keeps: a list has one a page that was looked at."""


def rows_of(
    query: Callable[..., QuerySet[Any, Any]], key: UUID | str, *given: int | str
) -> list[tuple[Any, ...]]:
    """Return the rows of a query about one key, as the driver reads them: no field's from_db_value.

    query    writes it for a key and some numbers or words; it is called once for each of these, so it must
             be a function of a module, and nothing may enter it but these
    key      a handle, or a text: what it is asked for now
    given    of which there are few: how many rows, a brand
    """
    text, values = _written(query, isinstance(key, UUID), *given)
    if not text:
        return []
    with connection.cursor() as cursor:
        cursor.execute(text, [key if value in KEYS else value for value in values])
        return list(cursor.fetchall())


@lru_cache(maxsize=KEPT)
def _written(
    query: Callable[..., QuerySet[Any, Any]], is_handle: bool, *given: int | str
) -> tuple[str, tuple[Any, ...]]:
    """Return the text of a query, and what it is asked with; no text where it can find nothing."""
    try:
        text, values = query(_stands_in(is_handle), *given).query.sql_with_params()
    except EmptyResultSet:
        return "", ()
    return text, tuple(values)


def objects_of(query: Callable[..., QuerySet[M, M]], key: UUID | str, *given: int | str) -> list[M]:
    """Return what a query about one key finds, as objects of its model.

    query, key, given  as in rows_of; the query reads whole rows of one model
    Raises TransactionManagementError where it locks rows and no transaction runs.
    """
    (found,) = ask(objects(query, key, *given))
    return found


def objects(query: Callable[..., QuerySet[M, M]], key: Key, *given: int | str) -> Question[M]:
    """Return what objects_of asks, to be asked together with others.

    key  a handle or a text; or several handles, which the query is given as a list and asks for by `__in`
    """
    kind: Any = type(key)
    found: _Objects[M] = _written_objects(query, kind, *given)
    asked = list(key) if isinstance(key, tuple) else key
    values = [asked if value in KEYS else value for value in found.values]
    return Question(found.text, values, found.made, found.locks)


def rows(
    query: Callable[..., QuerySet[Any, Any]], key: UUID | str, *given: int | str
) -> Question[tuple[Any, ...]]:
    """Return what rows_of asks, to be asked together with others.

    Raises ValueError where it can find nothing.
    """
    text, values = _written(query, isinstance(key, UUID), *given)
    if not text:
        raise ValueError("such a query finds nothing")
    return Question(text, [key if value in KEYS else value for value in values], tuple)


def _stands_in(is_handle: bool) -> UUID | str:
    """Return what stands for a key while its query is written."""
    return SOMEBODY if is_handle else SOMETHING


@dataclass(frozen=True, slots=True)
class _Objects(Generic[M]):
    """A query that is written, and how its rows become objects.

    names  attributes of the model, in the order of its columns
    reads  of columns whose fields read them: where they stand, and their converters
    locks  whether the query locks rows
    """

    model: type[M]
    text: str
    values: tuple[Any, ...]
    names: tuple[str, ...]
    reads: tuple[tuple[int, Any, Sequence[Callable[..., Any]]], ...]
    locks: bool

    def made(self, row: Sequence[Any]) -> M:
        """Return the object of a row."""
        values = list(row)
        for place, column, converters in self.reads:
            for convert in converters:
                values[place] = convert(values[place], column, connection)
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, values)


@lru_cache(maxsize=KEPT)
def _written_objects(
    query: Callable[..., QuerySet[M, M]], kind: type[UUID | str | tuple[UUID, ...]], *given: int | str
) -> _Objects[M]:
    """Write a query of objects once.  Raises ValueError for one that reads anything but whole rows.

    kind  of the key: a text, several handles, else a handle
    """
    asked = query([SOMEBODY] if kind is tuple else _stands_in(not issubclass(kind, str)), *given)
    if asked.query.select_related or asked.query.annotations or asked.query.deferred_loading[0]:
        raise ValueError("such a query reads whole rows of one model")
    text, values = asked.query.sql_with_params()
    if kind is tuple:
        text = text.replace(" IN (%s)", " = ANY(%s)")
    fields = asked.model._meta.concrete_fields  # noqa: SLF001  Django's documented way to a table's fields
    reads = ((n, field.cached_col, field.get_db_converters(connection)) for n, field in enumerate(fields))
    return _Objects(
        asked.model, text, tuple(values), tuple(field.attname for field in fields),
        tuple(each for each in reads if each[2]), bool(asked.query.select_for_update),
    )  # fmt: skip
