"""Rows of the house as plain JSON, for their owner's copy.  Sealed values are opened here, for them alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from hostkeep.kernel.money import Money
from hostkeep.kernel.sealed import Sealed

Plain = Callable[[Any], Any]
Read = Callable[[Any], tuple[Any, ...]]

_AS_IT_IS = frozenset({str, int, bool, type(None)})
"""Types that JSON holds themselves: most fields of most rows."""


def as_plain(value: Any) -> Any:
    """Return a value as JSON would hold it.

    Rows become objects, times ISO 8601 in UTC, money {"minor", "currency"}, handles texts.
    Raises TypeError for what the house has no plain form of, so that nothing slips out by its repr.
    """
    return _form_of(value.__class__)(value)


def row_of(value: Any, *, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return a frozen row as an object.  without: fields that are no fact about the person."""
    names, read = _fields(value.__class__, without)
    return {
        name: each if each.__class__ in _AS_IT_IS else _form_of(each.__class__)(each)
        for name, each in zip(names, read(value), strict=True)
    }


@lru_cache(maxsize=256)
def _fields(kind: type[Any], without: frozenset[str]) -> tuple[tuple[str, ...], Read]:
    """Return the names of a row's fields, and what reads them all at once: looked up once for a kind."""
    names = tuple(each.name for each in fields(kind) if each.name not in without)
    if len(names) > 1:
        return names, attrgetter(*names)
    return names, lambda value: tuple(getattr(value, name) for name in names)


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
    return {
        str(key): each if each.__class__ in _AS_IT_IS else _form_of(each.__class__)(each)
        for key, each in value.items()
    }


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
