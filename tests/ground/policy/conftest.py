"""Nothing that was worked out once may hide a mutant."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import tee

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import CollectionEndEvent, CollectionStartEvent, Event

from tests.chance import steady

steady()

ORDINARY = 64 * 1024
DEEPEST = 20
"""A text longer or deeper than this is taken apart only as far as its reader goes."""

_ROOMS = ("hostkeep.policy", "tests.ground.policy")


@pytest.fixture(scope="session", autouse=True)
def afresh() -> None:
    """While a mutant is tried, nothing counts that was worked out before it, but for the library's YAML."""
    _remember_yaml()
    if _tried():
        _forget_all()


@pytest.fixture(autouse=True)
def each_for_itself() -> None:
    """While it is found out which test reaches which function, no test lives on what another worked out."""
    if _tried() == "stats":
        _forget_all()


def _tried() -> str:
    """What mutmut tries: "stats" while it counts which test reaches what, or a mutant's name; else empty."""
    return os.environ.get("MUTANT_UNDER_TEST", "")


def _remember_yaml() -> None:
    """Let the YAML library take each text apart once: it is not what is tried, and most of the time is its."""
    if YAML.parse.__name__ == "remembered":
        return
    parse, known = YAML.parse, {}

    def remembered(self: YAML, stream: str) -> Iterator[Event]:
        key = (str(self.typ), self.pure, stream)
        if key not in known and len(stream) < ORDINARY:
            known[key] = _unmeasured(parse(self, stream))
        known[key], events = tee(known.get(key) or parse(self, stream))
        try:
            yield from events
        except YAMLError:
            del known[key]
            raise

    YAML.parse = remembered  # type: ignore[method-assign]


def _unmeasured(events: Iterator[Event]) -> Iterator[Event]:
    """Take a text apart while nobody counts the library's lines, which are many; an error comes in its place."""
    found: list[Event] = []
    failed: list[YAMLError] = []
    depth = 0
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        for event in events:
            found.append(event)
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if depth > DEEPEST:
                break
    except YAMLError as error:
        failed.append(error)
    finally:
        sys.settrace(tracer)
    return _again(found, failed, events)


def _again(found: list[Event], failed: list[YAMLError], rest: Iterator[Event]) -> Iterator[Event]:
    """Go through events once more, fail where it failed, and take apart what is left."""
    yield from found
    for error in failed:
        raise error
    yield from rest


def _forget_all() -> None:
    """Empty the caches of the policy and of its tests."""
    for name, module in list(sys.modules.items()):
        if name.startswith(_ROOMS):
            _forget(vars(module).values())


def _forget(things: object) -> None:
    """Empty the caches among some things."""
    for thing in list(things):  # type: ignore[call-overload]
        if callable(getattr(thing, "cache_clear", None)):
            thing.cache_clear()
