"""Rows of the house as plain JSON, for their owner's copy.  Sealed values are opened here, for them alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from hostkeep.kernel.money import Money
from hostkeep.kernel.sealed import Sealed

Plain = Callable[[Any], Any]


def as_plain(value: Any) -> Any:
    """Return a value as JSON would hold it.

    Rows become objects, times ISO 8601 in UTC, money {"minor", "currency"}, handles texts.
    Raises TypeError for what the house has no plain form of, so that nothing slips out by its repr.
    """
    return _form_of(value.__class__)(value)


def row_of(value: Any, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a frozen row as an object.  without: fields that are no fact about the person."""
    return {name: as_plain(getattr(value, name)) for name in _names(value.__class__, without)}


@lru_cache(maxsize=256)
def _names(kind: type[Any], without: frozenset[str]) -> tuple[str, ...]:
    """Return the names of a row's fields: looked up once for all rows of a kind."""
    return tuple(each.name for each in fields(kind) if each.name not in without)


@lru_cache(maxsize=256)
def _form_of(kind: type[Any]) -> Plain:
    """Return how values of a type are written.  Raises TypeError."""
    for kinds, plain in _FORMS:
        if issubclass(kind, kinds):
            return plain
    if is_dataclass(kind):
        return row_of
    raise TypeError(f"{kind.__name__} has no plain form")


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a mapping with texts as keys."""
    return {str(key): as_plain(each) for key, each in value.items()}


def _same(value: Any) -> Any:
    """Leave a value as it is."""
    return value


_FORMS: tuple[tuple[type | tuple[type, ...], Plain], ...] = (
    (Enum, lambda value: value.value),
    ((type(None), bool, int, str), _same),
    (Sealed, lambda value: as_plain(value.open())),
    (Money, lambda value: {"minor": value.minor, "currency": value.currency.code}),
    ((datetime, date), lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    (UUID, str),
    (Mapping, _mapping),
    ((frozenset, set), lambda value: sorted(as_plain(each) for each in value)),
    ((list, tuple), lambda value: [as_plain(each) for each in value]),
)
"""The first that fits counts: a word of an Enum is a text too."""
