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
from hostkeep.audit.enter import Line, enter_all_apart, enter_apart, named_together
from hostkeep.audit.pace import enter_within
from hostkeep.brands.applying import reaches, versions_for
from hostkeep.brands.queries import policy_by_digest
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, ClauseId, SubjectId
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
from hostkeep.vault.pace import PACE, READS, REVEALED, is_paced
from hostkeep.vault.putting import drop, put
from hostkeep.vault.refusing import closing, own_only, person, refuse, too_much
from hostkeep.vault.sealing import BrokenSeal
from hostkeep.vault.wall import opened

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
    """Somebody asked about: their handle as text, the policy that applies to them, what they object to."""

    subject: SubjectId
    handle: str
    policy: Policy
    objected: frozenset[str]


class _Case(NamedTuple):
    """A wish, whose it is, and what lies there for it."""

    wish: Wish
    person: _Person
    box: boxes.Box | None


class _Granted(NamedTuple):
    """A case that is granted, and the clause that grants it."""

    wish: Wish
    person: _Person
    box: boxes.Box | None
    clause: ClauseId


@dataclass(frozen=True, slots=True)
class _Asking:
    """Some wishes, what stands behind them, and what is known of the people.

    states   of keys, by handle and class
    decided  answers of the table that are the same for whoever asks likewise, by version and category
    """

    act: Act
    given: Given
    cases: Sequence[_Case]
    states: Mapping[tuple[str, str], str]
    decided: dict[tuple[str, CategoryId], Decision]


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
    granted = [_demand(asking, case) for case in asking.cases]
    _enter_reads(asking, granted)
    if time.monotonic() - since >= FRESH:
        granted = _but_erased(granted)
    return _unsealed(asking, granted)


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
    people = _people(act, {wish.subject for wish in wishes})
    whose = [people[wish.subject] for wish in wishes]
    # What no policy names is refused; it may be any text, and the database is not asked for it.
    known = [
        wish for wish, person in zip(wishes, whose, strict=True) if wish.category in person.policy.categories
    ]
    found = boxes.look_from_outside(
        [person.handle for person in people.values()],
        categories={wish.category for wish in known},
        slots={wish.slot for wish in known},
        brand=act.brand,
    )
    there = found.boxes.get
    cases = [
        _Case(wish, person, there((person.handle, wish.category, wish.slot)))
        for wish, person in zip(wishes, whose, strict=True)
    ]
    return _Asking(act, given, cases, found.states, {})


def _people(act: Act, subjects: Collection[SubjectId]) -> Mapping[SubjectId, _Person]:
    """Return who is asked about: handles are made texts, and policies found, once for each."""
    applying = {who: row.digest for who, row in versions_for(act.brand, subjects, act.at).items()}
    policies = {digest: policy_by_digest(digest) for digest in set(applying.values())}
    purposes = (policy.purposes.get(act.purpose) for policy in policies.values())
    asks = any(purpose is not None and can_be_objected(purpose) for purpose in purposes)
    objected = objections.standing(subjects) if asks else {}
    return {
        who: _Person(who, str(who), policies[digest], objected.get(who, NOTHING) if objected else NOTHING)
        for who, digest in applying.items()
    }


def _demand(asking: _Asking, case: _Case) -> _Granted:
    """Return what is granted; refuse what the policy, the key's state or its owner refuses."""
    act, (wish, who, box) = asking.act, case
    own_only(act, wish, who.policy)
    answer = _answer(asking, case)
    if not answer.allowed:
        refuse(act, wish, who.policy, answer)
    return _Granted(wish, who, box, answer.clause)


def _answer(asking: _Asking, case: _Case) -> Decision:
    """Decide one wish."""
    act, (wish, who, box) = asking.act, case
    answer = _by_table(asking, wish, who.policy)
    if not answer.allowed:
        return answer
    closed = _left_by_state(asking, case)
    if closed is not None:
        return closed
    policy = who.policy
    if who.objected and stopped_by(policy, act.purpose, who.objected):
        return Decision(False, answer.clause, "objected")
    if box is not None and box.digest != policy.digest and not _is_told(act, wish, policy, box.digest):
        return Decision(False, policy.notice.clause, "not_told")
    return answer


def _by_table(asking: _Asking, wish: Wish, policy: Policy) -> Decision:
    """Decide by the policy's table; what needs nothing of the one person, once for all of them."""
    act, alike = asking.act, (policy.digest, wish.category)
    known = asking.decided.get(alike)
    if known is not None:
        return known
    has = _has(asking, wish, policy)
    answer = decide(policy, Ask(wish.category, act.purpose, act.role, has))
    cell = policy.table.get((wish.category, act.purpose, act.role))
    if cell is None or not cell.needs:
        asking.decided[alike] = answer
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
    if box is not None and box.key.state == "live" and box.key.keep_class != ARCHIVE:
        return None  # as left_by_state says of what lives; asked of many at once
    known = who.policy.categories.get(wish.category)
    keep_class = known.keep_class if known is not None else ""
    if box is not None:
        keep_class = box.key.keep_class
    elif wish.slot.startswith(ARCHIVED):
        keep_class = ARCHIVE
    state = asking.states.get((who.handle, keep_class), "")
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


def _enter_reads(asking: _Asking, granted: Sequence[_Granted]) -> None:
    """Enter what is about to be opened, committed before it is.  Raises ReadsTooMuch."""
    act, lines = asking.act, _lines(granted)
    if is_paced(act):
        if not enter_within(act, REVEALED, lines, counted=READS, pace=PACE):
            too_much(act, lines[0])
    elif len(lines) == 1:
        one = lines[0]
        enter_apart(
            act, REVEALED, one.ref, category=one.category, clause=one.clause, digest=one.digest,
            count=one.count,
        )  # fmt: skip
    else:
        enter_all_apart(act, REVEALED, lines)


def _lines(granted: Sequence[_Granted]) -> list[Line]:
    """Return what is entered: one line a person and clause, however many categories were read by it."""
    read: dict[tuple[str, ClauseId], tuple[_Person, list[CategoryId]]] = {}
    for wish, who, _, clause in granted:
        known = read.get((who.handle, clause))
        if known is None:
            known = read[who.handle, clause] = who, []
        known[1].append(wish.category)
    return [
        Line(person(who.subject), named, clause, who.policy.digest, count)
        for (_, clause), (who, categories) in read.items()
        for named, count in _named(tuple(categories))
    ]


@lru_cache(maxsize=1024)
def _named(categories: tuple[CategoryId, ...]) -> tuple[tuple[str, int], ...]:
    """Return how categories are entered, and with how many values.

    Those read equally often stand together, so that an entry tells how often each of them was.
    """
    alike: dict[int, list[CategoryId]] = {}
    for category, times in Counter(categories).items():
        alike.setdefault(times, []).append(category)
    return tuple(
        (named, times * len(named.split())) for times, some in alike.items() for named in named_together(some)
    )


def _but_erased(granted: Sequence[_Granted]) -> list[_Granted]:
    """Take out what was erased since the look."""
    with opened():
        gone = boxes.gone({box.key.id for _, _, box, _ in granted if box is not None})
    return [one._replace(box=None) if one.box and one.box.key.id in gone else one for one in granted]


def _unsealed(asking: _Asking, granted: Sequence[_Granted]) -> Shown:
    """Open what was decided and entered."""
    bunch = boxes.Bunch()
    shown: Shown = {}
    for wish, who, box, _ in granted:
        try:
            value = None if box is None else bunch.open(box)
        except BrokenSeal:
            raise_alarm(
                asking.act, kind="broken_seal", about=person(wish.subject), clause=closing(who.policy),
                digest=who.policy.digest,
            )  # fmt: skip
            raise
        shown[wish] = None if value is None else Sealed(value, wish.category)
    _count.values += len(shown)
    return shown
