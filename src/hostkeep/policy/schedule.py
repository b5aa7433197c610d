"""When a class of data ends: the terms of a policy, worked out for one person's events.

A rule of retention names an event that starts its clock.  Two of them are known when a value comes in (it was
collected; the year of its invoice ends), the others happen to the account or to a service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from hostkeep.policy.book import Policy, Retention

What = Literal["keep", "erase", "deactivate", "archive"]

COLLECTED, YEAR_ENDED = "collected", "invoice.year_ended"
SERVICE_ENDED, LAST_SERVICE_ENDED, ACCOUNT_CLOSED = "service.ended", "last_service.ended", "account.closed"

AT_LATEST: Mapping[str, frozenset[str]] = MappingProxyType({
    SERVICE_ENDED: frozenset({SERVICE_ENDED}),
    LAST_SERVICE_ENDED: frozenset({LAST_SERVICE_ENDED, SERVICE_ENDED}),
    ACCOUNT_CLOSED: frozenset({ACCOUNT_CLOSED, LAST_SERVICE_ENDED, SERVICE_ENDED, "browser.closed"}),
})
"""Which events have come at the latest when another comes: a closed account has no service and no visit."""

OWN_TERMS = frozenset({COLLECTED, YEAR_ENDED, SERVICE_ENDED})
"""Clocks that start for each value by itself."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one class of a person's data when an event comes.

    what        keep: the event leaves its term as it is; erase, deactivate, archive: what its rule says
    ends        when nothing of it is left but what the archive took; the event's own time means at once; None
                with "keep"
    switched_off  whether from now on only the purposes that its rule reads for are served
    own_terms   the account ends, and each value has its own term: the class ends with the last of them
    """

    what: What
    ends: datetime | None = None
    switched_off: bool = False
    own_terms: bool = False


def starts_at(rule: Retention, at: datetime, zone: str) -> datetime | None:
    """Return when the clock of a value that comes in now starts, or None where an event to come starts it.

    zone  IANA name; the year of an invoice is counted there
    """
    if rule.until == COLLECTED:
        return at
    if rule.until != YEAR_ENDED:
        return None
    place = ZoneInfo(zone)
    return datetime(at.astimezone(place).year + 1, 1, 1, tzinfo=place).astimezone(UTC)


def expires_at(rule: Retention, at: datetime, zone: str) -> datetime | None:
    """Return when a value that comes in now must be gone, or None where an event to come decides."""
    start = starts_at(rule, at, zone)
    return None if start is None else ends_after(rule, start, zone)


def ends_after(rule: Retention, start: datetime, zone: str) -> datetime:
    """Return the end of a rule's term whose clock started at a time: `plus`, and how long it is switched off.

    Days are added by the calendar of the zone, so a term that starts at midnight ends at midnight.
    """
    term = rule.plus + rule.hold
    days = timedelta(term.days)
    return (start.astimezone(ZoneInfo(zone)) + days).astimezone(UTC) + (term - days)


def cut_off(rule: Retention, at: datetime, zone: str) -> datetime | None:
    """Return the time before which everything that came in is past its term, or None where events decide.

    For rows that a room ends by itself, many in one statement: `starts_at` turned round.  Of what came in
    within years, whole years are past.
    """
    term = rule.plus + rule.hold
    days = timedelta(term.days)
    place = ZoneInfo(zone)
    begun = (at - (term - days)).astimezone(place) - days
    if rule.until == COLLECTED:
        return begun.astimezone(UTC)
    if rule.until != YEAR_ENDED:
        return None
    return datetime(begun.year, 1, 1, tzinfo=place).astimezone(UTC)


def closes(policy: Policy, event: str) -> bool:
    """Say whether an event ends the account itself: its closing, or what the account's class waits for."""
    rule = policy.retention.get("account")
    return event == ACCOUNT_CLOSED or (rule is not None and rule.until == event and event in AT_LATEST)


def outcome(policy: Policy, keep_class: str, *, event: str, at: datetime, zone: str) -> Outcome:
    """Return what becomes of a class when an event comes at a time.

    event  "service.ended", "last_service.ended" or "account.closed"

    A class that the policy has no rule for any more is erased when the account ends: nothing lets us keep it.
    """
    rule = policy.retention.get(keep_class)
    closing = closes(policy, event)
    if rule is None or (closing and rule.at_closing == "erase"):
        return Outcome("erase", at) if closing else Outcome("keep")
    off = closing and bool(rule.reads)
    own = closing and rule.until in OWN_TERMS
    if rule.until not in AT_LATEST[event]:
        return Outcome("keep", None, off, own)
    ends = ends_after(rule, at, zone)
    if rule.then in {"archive", "deactivate"}:
        return Outcome(rule.then, ends, off or rule.then == "deactivate", own)
    return Outcome("erase", ends, off, own)


def settled(plain: Outcome, newest: datetime | None, at: datetime) -> Outcome:
    """Return the outcome of a class of which one knows when its last value ends (None: there is none)."""
    return replace(plain, ends=newest or at) if plain.own_terms else plain
