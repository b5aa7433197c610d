"""In which way a value moved: to the heavier side for the person it is about, or to the lighter.

A step is a set: empty where nothing moved, both where some moved this way and some that way.  What cannot be
compared counts as heavier, whichever way it goes.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final, Protocol, TypeVar

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.changing.change import Change, change, opposite

Step = frozenset[int]

SAME: Final[Step] = frozenset()
HEAVIER: Final[Step] = frozenset({1})
LIGHTER: Final[Step] = frozenset({-1})


class Ruled(Protocol):
    """Anything that stands under a clause."""

    @property
    def clause(self) -> ClauseId:
        """The clause."""


T = TypeVar("T", bound=Ruled)
Name = TypeVar("Name", bound=str)


def grown(old: int, new: int) -> Step:
    """More is heavier."""
    return SAME if old == new else HEAVIER if new > old else LIGHTER


def lasting(old: timedelta | None, new: timedelta | None) -> Step:
    """Longer is heavier; None is without end."""
    if old == new:
        return SAME
    return HEAVIER if new is None or (old is not None and new > old) else LIGHTER


def ranked(order: Sequence[Hashable], old: Hashable, new: Hashable) -> Step:
    """Later in the order is heavier; so is a move from or to what is not in it."""
    if old == new:
        return SAME
    if old not in order or new not in order:
        return HEAVIER
    return grown(order.index(old), order.index(new))


def wider(old: Collection[Hashable], new: Collection[Hashable]) -> Step:
    """Members that come are heavier, members that go are lighter."""
    come = HEAVIER if set(new) - set(old) else SAME
    gone = LIGHTER if set(old) - set(new) else SAME
    return come | gone


def limited(old: Collection[Hashable], new: Collection[Hashable]) -> Step:
    """A list of all that is allowed: members that come are heavier, and none named is no limit."""
    if bool(old) != bool(new):
        return LIGHTER if new else HEAVIER
    return wider(old, new)


def other(old: object, new: object) -> Step:
    """Any difference is heavier."""
    return SAME if old == new else HEAVIER


def turned(step: Step) -> Step:
    """The same step where the heavier side is the lighter one."""
    return frozenset(-each for each in step)


def graded(kind: str, thing: str, clause: ClauseId, why: str, step: Step) -> Iterator[Change]:
    """Tell of a thing that moved.  why: the reason where it became heavier."""
    if 1 in step:
        yield change(kind, "changed", thing, clause, why)
    if -1 in step:
        yield change(kind, "changed", thing, clause, opposite(why))


def placed(
    kind: str, prefix: str, old: Mapping[Name, ClauseId], new: Mapping[Name, ClauseId], why: str
) -> Iterator[Change]:
    """Tell of names that came, went, or stand under another clause.

    prefix  what stands before a name in the change's key: "cookie "
    why     the reason of one that came
    """
    for name, clause in new.items():
        if name not in old:
            yield change(kind, "added", f"{prefix}{name}", clause, why)
        elif old[name] != clause:
            yield change(kind, "changed", f"{prefix}{name}", clause, "moved")
    for name, clause in old.items():
        if name not in new:
            yield change(kind, "removed", f"{prefix}{name}", clause, opposite(why))


def named(
    kind: str, prefix: str, old: Mapping[str, ClauseId], new: Mapping[str, ClauseId], why: str
) -> Iterator[Change]:
    """Tell of names that came or went, as `placed` does, where no clause of their own can change."""
    return placed(kind, prefix, {name: new.get(name, clause) for name, clause in old.items()}, new, why)


def entries(kind: str, prefix: str, old: Mapping[str, T], new: Mapping[str, T], why: str) -> Iterator[Change]:
    """Tell of entries that came, went, or stand under another clause, as `placed` does."""
    return placed(kind, prefix, _clauses(old), _clauses(new), why)


def single(kind: str, name: str, old: T | None, new: T | None, why: str) -> Iterator[Change]:
    """Tell of the one entry of a sort that came, went, or stands under another clause, as `placed` does."""
    before = {} if old is None else {name: old}
    after = {} if new is None else {name: new}
    return entries(kind, "", before, after, why)


def both(old: Mapping[str, T], new: Mapping[str, T]) -> Iterator[tuple[str, T, T]]:
    """Go through what stands in both: (name, old, new)."""
    return ((name, old[name], entry) for name, entry in new.items() if name in old)


def _clauses(entries_by_name: Mapping[str, T]) -> dict[str, ClauseId]:
    """Return the clause of each entry."""
    return {name: entry.clause for name, entry in entries_by_name.items()}
