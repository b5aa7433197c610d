"""The shape of an overlay: steps, each of which tightens one thing of a policy and notes what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeVar

from hostkeep.policy.book import Policy
from hostkeep.policy.tightening import Tightening

Stricter = tuple[Policy, tuple[Tightening, ...]]
"""The policy after a step, and what the step tightened; nothing where it was strict enough."""

Step = Callable[[Policy], Stricter]

K = TypeVar("K")
T = TypeVar("T")


def put_in(
    whole: Mapping[K, T], found: Mapping[K, tuple[T, Tightening]]
) -> tuple[Mapping[K, T], tuple[Tightening, ...]]:
    """Return whole with stricter things put in, and the notes on them."""
    things = {name: thing for name, (thing, _) in found.items()}
    return MappingProxyType({**whole, **things}), tuple(note for _, note in found.values())
