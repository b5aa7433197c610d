"""Links that only sign-in can make: registered at start, made anew each time a mail is written."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ObjectDoesNotExist

from hostkeep.messaging.errors import NoAddress

Maker = Callable[[str], str]

_makers: dict[str, Maker] = {}


def register(name: str, make: Maker) -> None:
    """Make a kind of link known.  Called at start, by the composition root.

    name  "account/confirm" (make gets the number of a login address row) or "account/reset" (a user's id)
    make  returns a path that begins with a slash
    """
    _makers[name] = make


def path_of(name: str, ref: str) -> str:
    """Return a fresh path of this kind.

    Raises NoAddress if what it leads to is gone, LookupError if nobody makes such links.
    """
    if name not in _makers:
        raise LookupError(f"no maker of {name} links was registered")
    try:
        return _makers[name](ref)
    except ObjectDoesNotExist:
        raise NoAddress from None
