"""@recorded: an action, its transaction and its audit entry are one thing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from django.db import transaction

from hostkeep.audit.enter import enter
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import Ref


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
            with transaction.atomic():
                done = function(act, *args, **kwargs)
                enter(act, verb, done.ref)
            return done

        action.verb = verb  # type: ignore[attr-defined]
        return action

    return wrap
