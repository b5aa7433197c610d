"""@recorded: an action, its transaction and its audit entry are one thing; @recorded_many: of many things."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from uuid import UUID

from hostkeep.audit.enter import enter
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref
from hostkeep.runtime.deeds import deed


class HasRef(Protocol):
    """A result that says which thing was touched."""

    @property
    def ref(self) -> Ref:
        """The thing."""
        ...


P = ParamSpec("P")
R = TypeVar("R", bound=HasRef)


def recorded(
    verb: str,
) -> Callable[[Callable[Concatenate[Act, P], R]], Callable[Concatenate[Act, P], R]]:
    """Make an action: atomic, and entered in the audit under `verb` if it succeeds.

    verb  "room.noun.done", past tense
    A house test fails any public function of an actions module that lacks this.
    """

    def wrap(function: Callable[Concatenate[Act, P], R]) -> Callable[Concatenate[Act, P], R]:
        @functools.wraps(function)
        def action(act: Act, /, *args: P.args, **kwargs: P.kwargs) -> R:
            with deed():
                done = function(act, *args, **kwargs)
                enter(act, verb, done.ref)
            return done

        action.verb = verb  # type: ignore[attr-defined]
        return action

    return wrap


class HasIds(Protocol):
    """A result that says which things were touched.  kind: what they are."""

    @property
    def kind(self) -> str:
        """What the things are, as a Ref's kind."""
        ...

    @property
    def ids(self) -> Sequence[UUID]:
        """The things."""
        ...


M = TypeVar("M", bound=HasIds)


def recorded_many(
    verb: str,
) -> Callable[[Callable[Concatenate[Act, P], M]], Callable[Concatenate[Act, P], M]]:
    """Make an action over many things: atomic, with one entry for all of them; none where nothing was done.

    verb  "room.noun.done", past tense
    The entry names the run by the act's trace, tells how many there were, and stands for exactly these by
    `digest_of` their ids in the place of the thing.
    """

    def wrap(function: Callable[Concatenate[Act, P], M]) -> Callable[Concatenate[Act, P], M]:
        @functools.wraps(function)
        def action(act: Act, /, *args: P.args, **kwargs: P.kwargs) -> M:
            with deed():
                done = function(act, *args, **kwargs)
                if done.ids:
                    enter(act, verb, Ref(done.kind, digest_of(done.ids)), count=len(done.ids))
            return done

        action.verb = verb  # type: ignore[attr-defined]
        return action

    return wrap


def digest_of(ids: Iterable[UUID]) -> UUID:
    """Return what stands for many things: the first half of SHA-256 over their sorted ids, as an id."""
    return UUID(bytes=hashlib.sha256(b"".join(sorted(each.bytes for each in ids))).digest()[:16])
