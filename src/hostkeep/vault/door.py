"""The one door to personal data: put, reveal, use, drop.

Each asks the version of the policy that applies to the person, and enters the audit before a value is
returned: reads and refusals through the audit's own connection, committed first; what is put or dropped in
the deed's own transaction.  What is read is looked up sealed, decided, entered, and only then opened.
A value remembers the version it was given under: a purpose added later reaches it only once its owner was
told.

What an asker brings and what a key's state leaves: asking.py.  Rows and keys: boxes.py.  Old values:
archive.py.  Finding a person: search.py.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar
from uuid import UUID

from hostkeep.audit.alarms import raise_alarm
from hostkeep.audit.enter import PERSON, Alike, Line, enter_alike_apart, named_together
from hostkeep.audit.pace import enter_within
from hostkeep.brands.applying import reaches, versions_for
from hostkeep.brands.queries import policy_by_digest
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, ClauseId, Ref, SubjectId
from hostkeep.kernel.sealed import Sealed
from hostkeep.policy.book import Policy
from hostkeep.policy.decide import Ask, Decision, decide
from hostkeep.policy.objection import can_be_objected, stopped_by
from hostkeep.vault import boxes, objections
from hostkeep.vault.asking import (
    ARCHIVE,
    ARCHIVED,
    Given,
    LooksSealed,
    NotDeclared,
    ReadsTooMuch,
    Refused,
    Wish,
    brought,
    case_open_by,
    checked_by,
    left_by_state,
)
from hostkeep.vault.boxes import KeyDestroyed
from hostkeep.vault.consents import standing
from hostkeep.vault.pace import PACE, PROGRAM, READS, REVEALED, is_seen
from hostkeep.vault.putting import drop, put
from hostkeep.vault.refusing import closing, own_only, person, refuse, too_much
from hostkeep.vault.sealing import BrokenSeal

__all__ = [
    "BrokenSeal", "Given", "KeyDestroyed", "LooksSealed", "NotDeclared", "ReadsTooMuch", "Refused", "Wish",
    "case_open_by", "checked_by", "drop", "note_shown", "put", "reveal", "reveal_many", "reveals_of_thread",
    "use",
]  # fmt: skip

T = TypeVar("T")

FRESH = 0.1
"""Seconds for which a look is good.  Whoever had to wait longer, for the book or for a lock, asks again which
keys were destroyed meanwhile: what was erased is not opened by a request that slept through it."""

NOTHING: frozenset[str] = frozenset()

Shown = dict[Wish, Sealed[str] | None]


class _Count(threading.local):
    """How many values this thread was shown; it only grows."""

    values = 0


_count = _Count()


class _Person(NamedTuple):
    """Somebody asked about: their handle as text, the policy that applies to them, what they object to.

    decided  by category: answers of that policy's table that are the same for whoever this deed asks about.
             It lives as long as the deed's one look: nothing of it is there when a policy changes.
    """

    subject: SubjectId
    handle: str
    policy: Policy
    objected: frozenset[str]
    decided: dict[CategoryId, Decision]


class _Case(NamedTuple):
    """A wish, whose it is, and what lies there for it."""

    wish: Wish
    person: _Person
    box: boxes.Box | None


@dataclass(frozen=True, slots=True)
class _Asking:
    """Some wishes, what stands behind them, and what is known of the people.

    keys  by handle and class
    """

    act: Act
    given: Given
    cases: Sequence[_Case]
    keys: Mapping[tuple[str, str], boxes.Key]


def reveal(
    act: Act,
    *,
    subject: SubjectId,
    category: CategoryId,
    slot: str = "",
    reason: str = "",
    case: UUID | None = None,
) -> Sealed[str] | None:
    """Return one value, sealed, or None if there is none.

    reason, case  as in Given, where the clause demands one
    Raises Refused, ReadsTooMuch, BrokenSeal.
    """
    wish = Wish(subject, category, slot)
    return reveal_many(act, wishes=[wish], reason=reason, case=case)[wish]


def reveal_many(act: Act, *, wishes: Sequence[Wish], reason: str = "", case: UUID | None = None) -> Shown:
    """Return several values at once: one look, one decision each, one audit entry a subject and clause.

    Raises Refused if any of them is refused; then none is returned, and nothing was opened.
    Raises ReadsTooMuch where a member of staff has seen enough for an hour.
    Raises BrokenSeal, after an alarm, where a value was moved or altered.
    """
    if not wishes:
        return {}
    since = time.monotonic()
    asking = _look(act, wishes, Given(reason, case))
    clauses = [_demand(asking, case) for case in asking.cases]
    _enter_reads(asking, clauses)
    gone = NOTHING if time.monotonic() - since < FRESH else _erased(asking)
    return _unsealed(asking, gone)


def use(
    act: Act,
    *,
    subject: SubjectId,
    category: CategoryId,
    fn: Callable[[str], T],
    slot: str = "",
    reason: str = "",
) -> T | None:
    """Hand one value to fn and return what fn returns, or None if there is no value.

    For code that needs a value but must not hold it: fn sees it, the caller does not.  Raises as reveal.
    """
    sealed = reveal(act, subject=subject, category=category, slot=slot, reason=reason)
    return None if sealed is None else fn(sealed.open())


def allowed(act: Act, *, wishes: Sequence[Wish], given: Given) -> tuple[Wish, ...]:
    """Return which wishes would be granted.  Nothing is entered, nothing opened.

    For search, which enters what it does by itself, and hands out handles of whom one may read alone.
    """
    asking = _look(act, wishes, given)
    return tuple(case.wish for case in asking.cases if _answer(asking, case).allowed)


def reveals_of_thread() -> int:
    """Return how many values this thread was shown since it began.

    For a face that marks every answer with a value in it: a request is served by one thread, so what the
    number grew by, it was shown.  Nobody below a face reads this, and nothing decides by it.
    """
    return _count.values


def note_shown(values: int) -> None:
    """Count values that the door of columns showed to this thread."""
    _count.values += values


def _look(act: Act, wishes: Sequence[Wish], given: Given) -> _Asking:
    """Gather what is asked for, sealed: one way to the server for values and keys."""
    # A handle takes longer to hash than to compare: here it is hashed once a wish.
    places: dict[SubjectId, int] = {}
    asked = [places.setdefault(subject, len(places)) for subject, _, _ in wishes]
    people = _people(act, places)
    whose = [people[place] for place in asked]
    # What no policy names is refused; it may be any text, and the database is not asked for it.
    known = {
        (category, slot)
        for (_, category, slot), person in zip(wishes, whose, strict=True)
        if category in person.policy.categories
    }
    found = boxes.look_from_outside(
        [person.handle for person in people],
        categories={category for category, _ in known},
        slots={slot for _, slot in known},
        brand=act.brand,
    )
    there = found.boxes.get
    cases = [
        _Case(wish, person, there((person.handle, wish.category, wish.slot)))
        for wish, person in zip(wishes, whose, strict=True)
    ]
    return _Asking(act, given, cases, found.keys)


def _people(act: Act, subjects: Collection[SubjectId]) -> Sequence[_Person]:
    """Return who is asked about, in their order: handles are made texts, policies found, once for each."""
    applying = versions_for(act.brand, subjects, act.at)
    policies = {digest: policy_by_digest(digest) for digest in {row.digest for row in applying.values()}}
    purposes = (policy.purposes.get(act.purpose) for policy in policies.values())
    asks = any(purpose is not None and can_be_objected(purpose) for purpose in purposes)
    objected = objections.standing(subjects) if asks else {}
    alike = {digest: (policy, dict[CategoryId, Decision]()) for digest, policy in policies.items()}
    people: list[_Person] = []
    for who, row in applying.items():
        policy, decided = alike[row.digest]
        said = objected.get(who, NOTHING) if objected else NOTHING
        people.append(_Person(who, str(who), policy, said, decided))
    return people


def _demand(asking: _Asking, case: _Case) -> ClauseId:
    """Return the clause that grants; refuse what the policy, the key's state or its owner refuses."""
    act = asking.act
    if act.role == "customer":
        own_only(act, case.wish, case.person.policy)
    answer = _answer(asking, case)
    if not answer.allowed:
        refuse(act, case.wish, case.person.policy, answer)
    return answer.clause


def _answer(asking: _Asking, case: _Case) -> Decision:
    """Decide one wish."""
    act, (wish, who, box) = asking.act, case
    answer = who.decided.get(wish.category) or _by_table(asking, wish, who)
    if not answer.allowed:
        return answer
    if box is None or box.key.state != "live" or box.key.keep_class == ARCHIVE:  # else nothing is left out
        closed = _left_by_state(asking, case)
        if closed is not None:
            return closed
    policy = who.policy
    if who.objected and stopped_by(policy, act.purpose, who.objected):
        return Decision(False, answer.clause, "objected")
    if box is not None and box.digest != policy.digest and not _is_told(act, wish, policy, box.digest):
        return Decision(False, policy.notice.clause, "not_told")
    return answer


def _by_table(asking: _Asking, wish: Wish, who: _Person) -> Decision:
    """Decide by the policy's table; what needs nothing of the one person, once for all under that policy."""
    act, policy = asking.act, who.policy
    has = _has(asking, wish, policy)
    answer = decide(policy, Ask(wish.category, act.purpose, act.role, has))
    cell = policy.table.get((wish.category, act.purpose, act.role))
    if cell is None or not cell.needs:
        who.decided[wish.category] = answer
    return answer


def _has(asking: _Asking, wish: Wish, policy: Policy) -> frozenset[str]:
    """Return what the asker brings of what the cell needs.  Whether a consent stands, the vault knows."""
    act = asking.act
    cell = policy.table.get((wish.category, act.purpose, act.role))
    if cell is None or not cell.needs:
        return frozenset()
    has = brought(act, wish, asking.given, cell.needs)
    stands = "consent" in cell.needs and standing(
        brand=act.brand, subject=wish.subject, purpose=act.purpose, at=act.at, category=wish.category
    )
    return has | {"consent"} if stands else has


def _left_by_state(asking: _Asking, case: _Case) -> Decision | None:
    """Return the refusal that the state of the key adds, or None."""
    wish, who, box = case
    known = who.policy.categories.get(wish.category)
    keep_class = known.keep_class if known is not None else ""
    if box is not None:
        keep_class = box.key.keep_class
    elif wish.slot.startswith(ARCHIVED):
        keep_class = ARCHIVE
    key = asking.keys.get((who.handle, keep_class))
    state = "" if key is None else key.state
    return left_by_state(
        who.policy, keep_class=keep_class, category=wish.category, state=state, act=asking.act
    )


def _is_told(act: Act, wish: Wish, policy: Policy, collected: str) -> bool:
    """Say whether the purpose reaches a value that was given under an older version."""
    return reaches(
        policy,
        subject=wish.subject,
        collected=collected,
        category=wish.category,
        purpose=act.purpose,
        at=act.at,
    )


def _enter_reads(asking: _Asking, clauses: Sequence[ClauseId]) -> None:
    """Enter what is about to be opened, committed before it is.  Raises ReadsTooMuch.

    clauses  what grants each case, in their order
    """
    act, reads = asking.act, _reads(asking.cases, clauses)
    if not is_seen(act):
        enter_alike_apart(act, REVEALED, reads)
        return
    lines = [
        Line(Ref(told.kind, who), told.category, told.clause, told.digest, told.many)
        for told, people in reads.items()
        for who in people
    ]
    if not enter_within(act, REVEALED, lines, counted=READS, pace=PACE, besides=PROGRAM):
        too_much(act, lines[0])


def _reads(cases: Sequence[_Case], clauses: Sequence[ClauseId]) -> dict[Alike, list[UUID]]:
    """Return what is entered: one entry a person and clause, however many categories were read by it."""
    read: dict[tuple[str, ClauseId], tuple[_Person, list[CategoryId]]] = {}
    for (wish, who, _), clause in zip(cases, clauses, strict=True):
        known = read.get((who.handle, clause))
        if known is None:
            read[who.handle, clause] = who, [wish.category]
        else:
            known[1].append(wish.category)
    alike: dict[Alike, list[UUID]] = {}
    for (_, clause), (who, categories) in read.items():
        for told in _told(tuple(categories), clause, who.policy.digest):
            if told not in alike:
                alike[told] = []
            alike[told].append(who.subject)
    return alike


@lru_cache(maxsize=1024)
def _told(categories: tuple[CategoryId, ...], clause: ClauseId, digest: str) -> tuple[Alike, ...]:
    """Return how reads of a person's categories by a clause are entered, and with how many values.

    Those read equally often stand together, so that an entry tells how often each of them was.
    """
    alike: dict[int, list[CategoryId]] = {}
    for category, times in Counter(categories).items():
        alike.setdefault(times, []).append(category)
    return tuple(
        Alike(PERSON, named, clause, digest, times * len(named.split()))
        for times, some in alike.items()
        for named in named_together(some)
    )


def _erased(asking: _Asking) -> frozenset[str]:
    """Return the keys of what was erased since the look."""
    return boxes.gone({case.box.key.id for case in asking.cases if case.box is not None})


def _unsealed(asking: _Asking, gone: frozenset[str]) -> Shown:
    """Open what was decided and entered.  gone: ids of keys that open no more."""
    unseal = boxes.Bunch().open
    shown: Shown = {}
    for wish, who, box in asking.cases:
        try:
            value = None if box is None or box.key.id in gone else unseal(box)
        except BrokenSeal:
            raise_alarm(
                asking.act, kind="broken_seal", about=person(wish.subject), clause=closing(who.policy),
                digest=who.policy.digest,
            )  # fmt: skip
            raise
        shown[wish] = None if value is None else Sealed(value, wish.category)
    _count.values += len(shown)
    return shown
