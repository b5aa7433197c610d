"""The four lights: what they are called, and how many of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from django.utils.translation import gettext, ngettext

Light = Literal["proven", "stale", "broken", "statement"]

BY_COLOUR: Mapping[str, Light] = MappingProxyType(
    {"green": "proven", "grey": "stale", "red": "broken", "statement": "statement"}
)
"""The colours of promises.json, as the pages name them."""

WORST_FIRST: tuple[Light, ...] = ("broken", "stale", "proven", "statement")


@dataclass(frozen=True, slots=True)
class Lamp:
    """One promise's light.  clause: its id.  light: how it stands."""

    clause: str
    light: Light


@dataclass(frozen=True, slots=True)
class Lights:
    """How a brand's promises stand.

    lamps  one for each clause, in the policy's order
    at     when they were last looked at, or None if never
    """

    lamps: tuple[Lamp, ...]
    at: datetime | None

    def count(self, light: Light) -> int:
        """Count the promises that stand so."""
        return sum(1 for lamp in self.lamps if lamp.light == light)

    @property
    def worst(self) -> Light:
        """The light that stands for all: broken before stale before proven."""
        return next((light for light in WORST_FIRST if self.count(light)), "statement")

    @property
    def text(self) -> str:
        """The summary in the active language: "17 promises: 15 proven, 1 unproven, 1 statement"."""
        parts = [f"{n} {counted(light, n)}" for light in SPOKEN if (n := self.count(light))]
        total = len(self.lamps)
        heading = ngettext("%(count)s promise", "%(count)s promises", total) % {"count": total}
        return f"{heading}: {', '.join(parts)}" if parts else heading


SPOKEN: tuple[Light, ...] = ("proven", "stale", "broken", "statement")


def light_of(word: str) -> Light:
    """Return the light for a colour of promises.json or for its own name; an unknown word is stale."""
    found = BY_COLOUR.get(word)
    if found:
        return found
    return next((light for light in SPOKEN if light == word), "stale")


def named(light: Light) -> str:
    """Name a light in the active language, as a heading: "Proven"."""
    return {
        "proven": gettext("Proven"),
        "stale": gettext("Unproven"),
        "broken": gettext("Broken"),
        "statement": gettext("Statement"),
    }[light]


def counted(light: Light, number: int) -> str:
    """Name a light in the active language, after a number: "2 statements"."""
    return {
        "proven": ngettext("proven", "proven", number),
        "stale": ngettext("unproven", "unproven", number),
        "broken": ngettext("broken", "broken", number),
        "statement": ngettext("statement", "statements", number),
    }[light]


def gather(pairs: Iterable[tuple[str, str]], at: datetime | None) -> Lights:
    """Make a summary of (clause id, colour or name) pairs."""
    return Lights(tuple(Lamp(clause, light_of(word)) for clause, word in pairs), at)
