"""How long a plan of catalogue.yaml is: `months`, `days` or `hours`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ruamel.yaml.nodes import Node

from hostkeep.kernel.terms import Term, Unit
from hostkeep.shop.rules.reading import Reader

KEYS: Mapping[str, tuple[Unit, int]] = MappingProxyType({
    "months": ("month", 120),
    "days": ("day", 3660),
    "hours": ("hour", 8784),
})
"""Key -> unit, and the longest: ten years, or one in hours."""


def read_term(read: Reader, node: Node, found: Mapping[str, Node]) -> Term:
    """Return the term that a mapping names by one key; a missing or second one is noted.

    node   the mapping; found: its values by key
    A month where it cannot be read.
    """
    said = [key for key in KEYS if key in found]
    if not said:
        read.wrong(node, "how long it is is missing", "add `months:`, `days:` or `hours:`")
        return Term("month", 1)
    for key in said[1:]:
        read.wrong(found[key], f"it has `{said[0]}` already", "keep one of them")
    unit, longest = KEYS[said[0]]
    return Term(unit, read.whole(found[said[0]], least=1, most=longest))


def say_term(term: Term) -> str:
    """Write a term as a catalogue does: "hours: 1"."""
    return f"{term.unit}s: {term.count}"
