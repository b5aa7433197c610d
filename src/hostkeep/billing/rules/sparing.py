"""Exceptions from the calendar: what an account is spared, until when, and why, in words of ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from hostkeep.billing.errors.dunning import BadException
from hostkeep.billing.rules.dunning_steps import EXCEPTIONS, PROMISE
from hostkeep.kernel.words import gettext_noop

REASONS: Mapping[str, str] = MappingProxyType({
    "asked": gettext_noop("The customer asked for more time"),
    "on_its_way": gettext_noop("The money is said to be on its way"),
    "contested": gettext_noop("The customer contests the invoice"),
    "our_fault": gettext_noop("Something went wrong on our side"),
    "agreement": gettext_noop("A written agreement says so"),
})
"""Why; no free text, which could tell of a person."""

LONGEST = timedelta(days=400)


def checked(kind: str, *, until: datetime | None, reason: str, at: datetime) -> None:
    """Refuse an exception that cannot be.  A promise has an end; whatever ends, ends in time to come.

    Raises BadException.
    """
    if kind not in EXCEPTIONS:
        raise BadException(why="kind")
    if reason not in REASONS:
        raise BadException(why="reason")
    if until is None and kind == PROMISE:
        raise BadException(why="until")
    if until is not None and not at < until <= at + LONGEST:
        raise BadException(why="until")
