"""JSON as programs send it, read strictly: each key once, real numbers, text that can be stored."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from hostkeep.faces.api.refusals import BadCall

DEEPEST = 12


class StrictJson(Parser):
    """Source: RFC 8259; duplicate names, NaN and lone surrogates are refused (RFC 7493, I-JSON)."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Return the body, an object.  Raises BadCall."""
        try:
            found = json.loads(
                request.body.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_number
            )
        except (ValueError, RecursionError):
            raise BadCall from None
        if not isinstance(found, dict):
            raise BadCall
        _check(found, DEEPEST)
        return found


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of its pairs.  Raises ValueError where a name comes twice."""
    listed = list(pairs)
    found = dict(listed)
    if len(found) != len(listed):
        raise ValueError("a name comes twice")
    return found


def _no_number(text: str) -> NoReturn:
    """Refuse NaN and Infinity."""
    raise ValueError(text)


def _check(value: Any, deep: int) -> None:
    """Refuse what is too deep, and text that no database can keep.  Raises BadCall."""
    if deep == 0:
        raise BadCall
    if isinstance(value, str) and not storable(value):
        raise BadCall
    if isinstance(value, dict):
        _check(list(value), deep)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            _check(each, deep - 1)


def storable(text: str) -> bool:
    """Say whether a text can be stored: no NUL, no half of a character."""
    return "\0" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)
