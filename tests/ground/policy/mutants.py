"""Policies that differ from a given one in a single place of the file: every leaf, every key, every list."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from hostkeep.policy.book import Policy
from hostkeep.policy.compile import compile_policy
from hostkeep.policy.durations import read_duration, write_duration
from hostkeep.policy.errors import PolicyError
from hostkeep.policy.reading import read_source
from hostkeep.policy.vocabulary.terms import terms

Place = tuple[str | int, ...]
LISTS = {
    "categories": "category",
    "purposes": "purpose",
    "roles": "role",
    "gathers": "category",
    "never": "category",
    "never_ask": "category",
    "reads": "purpose",
    "carries": "category",
    "except": "category",
    "measures": "measure",
    "gateways": "gateway",
}
"""By key: the kind of words that stand in its list."""
OTHERWISE = {"client_area": "mail", "ticked": "unticked", "unticked": "ticked", "once": "sealed", "sealed": "once"}
SWITCHES = ("required", "own_only", "asked", "exception", "guardian", "reject", "by_use")


def data_of(text: str) -> Any:
    """The plain content of a policy file."""
    return read_source(text, file="policy.yaml").data


def compiled_or_none(data: Any) -> Policy | None:
    """Compile plain content; None where it is refused."""
    try:
        return compile_policy(json.dumps(data, ensure_ascii=False), file="policy.yaml")
    except PolicyError:
        return None


def mutants(data: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Go through all contents that differ from data in one place: (where, what makes the content)."""
    for at, value in _places(data, ()):
        for name, other in _others(at, value):
            yield f"{'/'.join(map(str, at))} {name}", lambda at=at, other=other: _with(data, at, other)


def _places(value: Any, at: Place) -> Iterator[tuple[Place, Any]]:
    """Go through every place in a content."""
    yield at, value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from _places(each, (*at, key))


def _with(data: Any, at: Place, value: Any) -> Any:
    """Return a content with a value put at a place; an empty place is the whole."""
    if not at:
        return value
    changed = copy.deepcopy(data)
    inside = changed
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = value
    return changed


def _others(at: Place, value: Any) -> Iterator[tuple[str, Any]]:
    """Go through other values for a place."""
    if isinstance(value, bool):
        yield "flipped", not value
    elif isinstance(value, int):
        yield "more", value + 1
        yield "less", value - 1
    elif isinstance(value, str):
        yield from _texts(value)
    elif isinstance(value, list):
        yield from _lists(at, value)
    elif isinstance(value, dict):
        yield from _maps(value)


def _texts(value: str) -> Iterator[tuple[str, Any]]:
    """Other words, other durations, other texts."""
    span = read_duration(value)
    if span is not None:
        yield "longer", write_duration(span * 2 or read_duration("P1D"))
        yield "shorter", write_duration(span // 2)
    for kind in ("event", "then", "basis", "recipient_basis", "default", "ask", "notice", "class", "right"):
        if value in terms(kind):
            yield from ((word, word) for word in terms(kind) if word != value)
    if value in OTHERWISE:
        yield OTHERWISE[value], OTHERWISE[value]
    yield "reworded", f"{value} x"
    yield "other letters", f"{value}x"


def _lists(at: Place, value: list[Any]) -> Iterator[tuple[str, Any]]:
    """A list without one of its entries, turned round, with one more."""
    for number in range(len(value)):
        yield f"without {number}", [*value[:number], *value[number + 1 :]]
    yield "turned", value[::-1]
    kind = LISTS.get(str(at[-1]), "") if at else ""
    for word in [each for each in terms(kind) if each not in value][:3]:
        yield f"with {word}", [*value, word]


def _maps(value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """A map without one of its keys, or with a switch that was not written."""
    for key in value:
        yield f"without {key}", {name: each for name, each in value.items() if name != key}
    for switch in SWITCHES:
        if switch not in value:
            yield f"with {switch}", {**value, switch: True}
            yield f"with {switch} off", {**value, switch: False}
