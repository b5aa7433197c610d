"""Queries that the ORM writes once in a process, and the database reads as often as they are asked.

For what every page asks: writing a query of a dozen conditions takes several times what its rows take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar
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

Kind = Literal["one", "some", "text"]
"""Of which kind a key is: a handle, several, or a text."""

SOMETIMES = tuple(datetime(1, 1, day, tzinfo=UTC) for day in range(1, 5))
"""Stand for moments in a query while it is written, in their order."""

Given = int | str | datetime
"""What else a query is made with."""

ONE_OF, ANY_OF = " IN (%s)", " = ANY(%s)"
"""How the ORM asks for several keys where one stands for them, and how any number of them is asked for."""

KEPT = 512
"""Queries a process keeps: a list has one a page that was looked at."""


def rows_of(
    query: Callable[..., QuerySet[Any, Any]], key: Key, *given: Given
) -> list[tuple[Any, ...]]:
    """Return the rows of a query about one key, as the driver reads them: no field's from_db_value.

    query    writes it for a key and some numbers or words; it is called once for each of these, so it must
             be a function of a module, and nothing may enter it but these
    key      a handle, or a text: what it is asked for now; or several handles, which the query is given as a
             list and asks for by `__in`
    given    numbers and words of which there are few: how many rows, a brand; and moments, of which there may
             be any: the query compares with one as it is given, and reckons nothing from it
    """
    text, values = _written(query, _kind(key), *_standing(given))
    if not text:
        return []
    with connection.cursor() as cursor:
        cursor.execute(text, _asked(values, key, given))
        return list(cursor.fetchall())


@lru_cache(maxsize=KEPT)
def _written(
    query: Callable[..., QuerySet[Any, Any]], kind: Kind, *given: Given
) -> tuple[str, tuple[Any, ...]]:
    """Return the text of a query, and what it is asked with; no text where it can find nothing."""
    try:
        text, values = query(_stands_in(kind), *given).query.sql_with_params()
    except EmptyResultSet:
        return "", ()
    return _of_any(text, values) if kind == "some" else text, tuple(values)


def _kind(key: Key) -> Kind:
    """Return of which kind a key is."""
    if isinstance(key, tuple):
        return "some"
    return "text" if isinstance(key, str) else "one"


def _stands_in(kind: Kind) -> Any:
    """Return what stands for a key while its query is written."""
    if kind == "some":
        return [SOMEBODY]
    return SOMETHING if kind == "text" else SOMEBODY


def _standing(given: Sequence[Given]) -> Sequence[Given]:
    """Return what a query is written with: each moment by what stands for it."""
    moments = iter(SOMETIMES)
    return [next(moments) if isinstance(each, datetime) else each for each in given]


def _asked(values: Sequence[Any], key: Key, given: Sequence[Given]) -> list[Any]:
    """Return what a written query is asked with now."""
    asked = list(key) if isinstance(key, tuple) else key
    moments = dict(zip(SOMETIMES, (each for each in given if isinstance(each, datetime)), strict=False))
    return [
        asked if value in KEYS else moments.get(value, value) if isinstance(value, datetime) else value
        for value in values
    ]


def _of_any(text: str, values: Sequence[Any]) -> str:
    """Return the text of a query that asks for any number of handles.

    Raises ValueError where it asks for one of something else too, or for the handles in another way.
    """
    if text.count(ONE_OF) != sum(value in KEYS for value in values):
        raise ValueError("such a query asks for its handles, and for nothing else, by __in")
    return text.replace(ONE_OF, ANY_OF)


def objects_of(query: Callable[..., QuerySet[M, M]], key: Key, *given: int | str) -> list[M]:
    """Return what a query about one key, or several, finds, as objects of its model.

    query, key, given  as in rows_of; the query reads whole rows of one model
    Raises TransactionManagementError where it locks rows and no transaction runs.
    """
    (found,) = ask(objects(query, key, *given))
    return found


def objects(query: Callable[..., QuerySet[M, M]], key: Key, *given: int | str) -> Question[M]:
    """Return what objects_of asks, to be asked together with others.

    key  a handle or a text; or several handles, which the query is given as a list and asks for by `__in`
    """
    found: _Objects[M] = _written_objects(query, _kind(key), *given)
    return Question(found.text, _asked(found.values, key, ()), found.made, found.locks)


def rows(
    query: Callable[..., QuerySet[Any, Any]], key: Key, *given: Given
) -> Question[tuple[Any, ...]]:
    """Return what rows_of asks, to be asked together with others.

    Raises ValueError where it can find nothing.
    """
    text, values = _written(query, _kind(key), *_standing(given))
    if not text:
        raise ValueError("such a query finds nothing")
    return Question(text, _asked(values, key, given), tuple)


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
    query: Callable[..., QuerySet[M, M]], kind: Kind, *given: int | str
) -> _Objects[M]:
    """Write a query of objects once.  Raises ValueError for one that reads anything but whole rows.

    kind  of the key
    """
    asked = query(_stands_in(kind), *given)
    if asked.query.select_related or asked.query.annotations or asked.query.deferred_loading[0]:
        raise ValueError("such a query reads whole rows of one model")
    text, values = asked.query.sql_with_params()
    if kind == "some":
        text = _of_any(text, values)
    fields = asked.model._meta.concrete_fields  # noqa: SLF001  Django's documented way to a table's fields
    reads = ((n, field.cached_col, field.get_db_converters(connection)) for n, field in enumerate(fields))
    return _Objects(
        asked.model, text, tuple(values), tuple(field.attname for field in fields),
        tuple(each for each in reads if each[2]), bool(asked.query.select_for_update),
    )  # fmt: skip
