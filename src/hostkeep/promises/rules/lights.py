"""What colour a promise has, from what was seen and when.

Green is never a default: each of the three parts must have passed, and lately.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hostkeep.kernel.words import gettext_noop

Part = Literal["state", "sample", "probe"]
Result = Literal["passed", "failed", "absent", "unsure"]
Light = Literal["green", "grey", "red", "statement"]

PARTS: tuple[Part, ...] = ("state", "sample", "probe")
"""An assertion on how things stand; a good example; a forbidden attempt that must be refused."""

KEPT = gettext_noop("State, good example and forbidden attempt were all as they should be.")
BROKEN = gettext_noop("A check found this promise broken.")
ABSENT = gettext_noop("This machine lacks: {lacks}")
UNSURE = gettext_noop("A check could not be brought to its end.")
UNTRIED = gettext_noop("This was not tried yet.")
STALE = gettext_noop("The last proof is too old.")
NOT_BUILT = gettext_noop("The control for this clause is not built yet.")
UNKNOWN = gettext_noop("No control of ours knows this clause.")
STATEMENT = gettext_noop("A statement binds its reader, not the program: there is nothing to prove.")


@dataclass(frozen=True, slots=True)
class Sight:
    """The last result of one check.

    result  None if it was never tried
    at      when it was last seen so
    since   from when on it was seen so, without a break
    lacks   what this machine lacks for it, where the result is "absent"
    """

    part: Part
    result: Result | None
    at: datetime | None
    since: datetime | None = None
    lacks: str = ""


def lacked(sights: Iterable[Sight]) -> str:
    """Return what this machine lacks for some checks, each thing once: "LXD, TLS"."""
    return ", ".join(dict.fromkeys(s.lacks for s in sights if s.result == "absent" and s.lacks))


def light_of(sights: Iterable[Sight], *, at: datetime, max_age: timedelta) -> tuple[Light, str]:
    """Return the light of a promise with a control, and why it has it.

    A failed check stays red until it passes, however old it is.  Green wants every check passed, none of them
    older than max_age, and at least one check in each part.
    """
    seen = tuple(sights)
    results = {sight.result for sight in seen}
    for result, light, why in _GRAVEST_FIRST:
        if result in results:
            return light, why
    if {sight.part for sight in seen} != set(PARTS):
        return "grey", UNTRIED
    if any(sight.at is None or at - sight.at > max_age for sight in seen):
        return "grey", STALE
    return "green", KEPT


def light_unproven(sights: Iterable[Sight], why: str) -> tuple[Light, str]:
    """Return the light of a clause that is watched but has no control of its own: red or grey, never green.

    why  the sentence for grey
    """
    return ("red", BROKEN) if any(sight.result == "failed" for sight in sights) else ("grey", why)


def light_of_day(seen: Iterable[frozenset[str]]) -> Light:
    """Return the light of a promise on a past day.

    seen  for each of its checks the results it had that day; empty where nobody looked
    """
    found = tuple(seen)
    if any("failed" in results for results in found):
        return "red"
    return "green" if found and all(results == {"passed"} for results in found) else "grey"


_GRAVEST_FIRST: tuple[tuple[Result | None, Light, str], ...] = (
    ("failed", "red", BROKEN),
    ("absent", "grey", ABSENT),
    ("unsure", "grey", UNSURE),
    (None, "grey", UNTRIED),
)
