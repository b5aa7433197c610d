"""Asking for a value: what is wanted, what the asker brings along, and what the state of a key leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import CategoryId, ClauseId, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Policy, Retention
from hostkeep.policy.decide import Decision

MARKER = "<sealed "
"""What a sealed value prints; a value that begins so was printed somewhere on its way here."""

ARCHIVE = "archive"
"""The class whose key seals what the archive took."""

ARCHIVED = "archive:"
"""What the slot of an archived value begins with; its own number follows."""

HELD_FOR = frozenset({"legal_obligation", "dispute"})
"""The purposes that may still read what is due to be erased and is held back."""

GONE = frozenset({"erasing", "destroyed"})
"""States of a key that open nothing."""

RIGHTS = "rights"
"""The purpose of the person's own rights."""

FULFIL = frozenset({"customer", "system"})
"""Who fulfils a person's rights: themselves, or the program on their word."""


class Refused(Foreseen):
    """The policy said no."""

    code = "vault.refused"
    title = gettext_noop("Our privacy policy does not allow this.")
    status = 403


class NotDeclared(Foreseen):
    """The policy has no such category: it may not be stored at all."""

    code = "vault.not_declared"
    title = gettext_noop("Our privacy policy does not let us store this.")
    status = 422


class LooksSealed(Foreseen):
    """A printed sealed value came back as if it were one."""

    code = "vault.looks_sealed"
    title = gettext_noop("This is the mark of a hidden value, not a value.")
    status = 422


class ReadsTooMuch(Foreseen):
    """A member of staff reads more than their work needs."""

    code = "vault.reads_too_much"
    title = gettext_noop(
        "You have opened as many personal values as one person may within an hour. Wait, or ask a colleague."
    )
    status = 429


class ReasonTooLong(Foreseen):
    """A reason that is no sentence or two."""

    code = "vault.reason.too_long"
    title = gettext_noop("Give your reason in at most {most} characters.")
    status = 422


class Wish(NamedTuple):
    """One value wanted.  slot: handle of the thing it belongs to, or empty.

    A tuple: everybody of a brand is asked for in one go, and a frozen class takes twice as long to make.
    """

    subject: SubjectId
    category: CategoryId
    slot: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What an asker brings along.

    reason  why, in their own words.  It is demanded where a clause demands it, and not kept: words about a
            person are personal too, and no policy names a category for them.  The book keeps who, what, for
            which purpose, under which clause and when.
    case    handle of the case, the grant or the legal request that a clause demands
    """

    reason: str = ""
    case: UUID | None = None

    def __post_init__(self) -> None:
        if len(self.reason) > LONGEST_REASON:
            raise ReasonTooLong(most=LONGEST_REASON)


LONGEST_REASON = 2000

Checker = Callable[[Act, SubjectId, CategoryId, UUID], bool]

_checkers: dict[str, Checker] = {}


def checked_by(need: str, checker: Checker) -> None:
    """Say who knows what a clause may demand: "case", "grant" or "legal_request".  Once, at start.

    checker  says whether a handle is an open one that covers this person and category, for this deed
    What nobody checks is taken as not brought along.
    """
    if need not in {"case", "grant", "legal_request"}:
        raise ValueError(f"{need} has no handle")
    _checkers[need] = checker


def case_open_by(checker: Checker) -> None:
    """Say who knows whether a case is open: as checked_by("case", ...)."""
    checked_by("case", checker)


def brought(act: Act, wish: Wish, given: Given, needs: frozenset[str]) -> frozenset[str]:
    """Return which of a clause's needs the asker brings; whether a consent stands is asked elsewhere."""
    has = {"reason"} if says_something(given.reason) else set[str]()
    for need in needs - {"reason", "consent"}:
        checker = _checkers.get(need)
        known = checker is not None and given.case is not None
        if known and checker is not None and given.case is not None:
            has |= {need} if checker(act, wish.subject, wish.category, given.case) else set()
    return frozenset(has)


def says_something(reason: str) -> bool:
    """Say whether a reason has at least a word in it."""
    return re.search(r"\w{2}", reason) is not None


def left_by_state(
    policy: Policy, *, keep_class: str, category: CategoryId, state: str, act: Act
) -> Decision | None:
    """Return the refusal that the state of a key adds to the policy's table, or None.

    keep_class  of the value, or of its category where there is no value
    state       of the person's key of this class; empty: there is none

    live         none
    deactivated  what the class's rule does not read for; one that names nothing reads for all
    archive      what the archive's rule does not read for
    held         what is neither the law's nor a dispute's
    erased       where the class went into the archive: what the archive does not read for
    """
    rule = policy.retention.get(keep_class)
    if state == "held":
        return None if act.purpose in HELD_FOR else _closed(rule, "held")
    if act.purpose == RIGHTS and act.role in FULFIL:
        return None
    if keep_class == ARCHIVE:
        return _unless_read_for(rule, act, "archived")
    if state == "deactivated":
        return _unless_read_for(rule, act, "deactivated") if rule is None or rule.reads else None
    archive = policy.duties.archive
    if state in GONE and archive is not None and category in archive.categories:
        return _unless_read_for(policy.retention.get(ARCHIVE), act, "archived")
    return None


def _unless_read_for(rule: Retention | None, act: Act, why: str) -> Decision | None:
    """Refuse what a rule does not name among its reads."""
    return None if rule is not None and act.purpose in rule.reads else _closed(rule, why)


def _closed(rule: Retention | None, why: str) -> Decision:
    """Return a no by a rule of retention."""
    return Decision(False, rule.clause if rule is not None else ClauseId(""), why)


def looks_sealed(value: str) -> bool:
    """Say whether a value begins with the mark of a sealed one, or is JSON with such a text in it."""
    text = value.strip().casefold()
    if text.startswith(MARKER):
        return True
    if text[:1] not in {'"', "[", "{"}:
        return False
    try:
        return _has_marker(json.loads(value))
    except (ValueError, RecursionError):  # not JSON after all, or cut off: a quoted mark is enough
        return re.search(rf'"\s*{MARKER}', text) is not None


def _has_marker(thing: Any) -> bool:
    """Look through what JSON may hold."""
    if isinstance(thing, str):
        return thing.strip().casefold().startswith(MARKER)
    if isinstance(thing, dict):
        return any(_has_marker(part) for pair in thing.items() for part in pair)
    return isinstance(thing, list) and any(_has_marker(part) for part in thing)
