"""The door to sealed columns of the rooms' own tables: what customers chose, and what stands on invoices.

As vault.door, for lists: a page asks once for all it shows.  Each person and category is decided by the
version of the policy that applies to that person; one entry a person, category and purpose, with a count, is
committed before anything is unsealed.  What the key of is gone is None: it was erased.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from django.db import transaction

from hostkeep.audit.enter import APART, Line, enter, enter_all_apart, enter_apart
from hostkeep.audit.pace import enter_within
from hostkeep.brands.applying import policy_for, reaches, versions_for
from hostkeep.brands.queries import policy_by_digest
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, ClauseId, PurposeId, Ref, SubjectId
from hostkeep.kernel.sealed import Sealed
from hostkeep.policy.book import Policy
from hostkeep.policy.decide import Ask, Decision, decide
from hostkeep.policy.objection import can_be_objected, stopped_by
from hostkeep.runtime.deeds import forget_notes
from hostkeep.runtime.together import Question
from hostkeep.vault import boxes, cipher, keeping, objections
from hostkeep.vault.asking import Given, NotDeclared, Refused, Wish, brought, left_by_state
from hostkeep.vault.column_seal import Seal
from hostkeep.vault.columns import Boxed
from hostkeep.vault.door import FRESH, note_shown
from hostkeep.vault.models import SubjectKey
from hostkeep.vault.pace import LISTS, is_paced
from hostkeep.vault.refusing import too_much
from hostkeep.vault.wall import opened

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")
R = TypeVar("R")

PERSON = "person"
GUEST = "guest"
"""What a subject is: a person, or the unknown owner of a cart."""

OPENED = "vault.columns.opened"
SEALED = "vault.columns.sealed"

DESTROYED: tuple[str, bytes | None] = ("destroyed", None)


@dataclass(frozen=True, slots=True)
class ColumnWish(Generic[T_co]):
    """Sealed columns of one thing, and what they make once they are open.

    table    what the seals are bound to, with subject
    rows     boxes by row and column: one row, or the lines of one document
    make     from the opened values by row and column
    kind     "person", or "guest" where nobody knows whose it is
    purpose  where it is another than the act's
    """

    brand: BrandId
    subject: SubjectId
    category: CategoryId
    table: str
    rows: Mapping[str, Mapping[str, Boxed]]
    make: Callable[[Mapping[str, Mapping[str, Any]]], T_co]
    kind: str = PERSON
    purpose: PurposeId | None = None

    def under(self, purpose: PurposeId) -> ColumnWish[T_co]:
        """Return the same wish for a purpose of its own, beside others in one batch."""
        return replace(self, purpose=purpose)

    def boxed(self) -> Iterator[Boxed]:
        """Return all its boxes."""
        for columns in self.rows.values():
            yield from columns.values()


def one_row(
    head: tuple[BrandId, SubjectId, CategoryId],
    *,
    table: str,
    row: str,
    boxes: Mapping[str, Boxed],
    make: Callable[[Mapping[str, Any]], T],
) -> ColumnWish[T]:
    """Return the wish for the columns of one row.

    head  brand, subject and category
    make  from the opened values by column
    """

    def made(found: Mapping[str, Mapping[str, Any]]) -> T:
        return make(found[row])

    return ColumnWish(*head, table, {row: boxes}, made)


class Closed(Protocol[T_co]):
    """A row whose sealed part is not open."""

    @property
    def wish(self) -> ColumnWish[T_co]:
        """What opens it."""
        ...

    def without(self, word: str) -> T_co:
        """Return what a page shows where it does not open.  word: why, in the reader's language."""
        ...


@dataclass(frozen=True, slots=True)
class _Case:
    """What is decided once: one person, category and purpose."""

    brand: BrandId
    subject: SubjectId
    category: CategoryId
    purpose: PurposeId
    kind: str


Keys = Mapping[tuple[UUID, str], tuple[str, bytes | None]]
"""State and data key, by person and retention class; the key None where it is gone."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """An act, what its asker brings, and what is known of the people."""

    act: Act
    given: Given
    policies: Mapping[tuple[BrandId, SubjectId], Policy]
    keys: Keys
    objected: Mapping[SubjectId, frozenset[str]]


def seal_columns(
    act: Act, *, subject: SubjectId, category: CategoryId, table: str, row: str, values: Mapping[str, Any]
) -> dict[str, Boxed]:
    """Seal the columns of one row.  As seal_rows."""
    return seal_rows(act, subject=subject, category=category, table=table, rows={row: values})[row]


def seal_rows(
    act: Act,
    *,
    subject: SubjectId,
    category: CategoryId,
    table: str,
    rows: Mapping[str, Mapping[str, Any]],
    kind: str = PERSON,
) -> dict[str, dict[str, Boxed]]:
    """Seal columns under the subject's key of the class that the policy names, one entry for all rows.

    rows  JSON values by row and column
    kind  what the subject is: PERSON or GUEST
    Raises NotDeclared (the policy has no such category), KeyDestroyed.
    """
    policy = policy_for(act.brand, subject, act.at)
    known = policy.categories.get(category)
    if known is None:
        clause = policy.closed_by.get("collect", ClauseId(""))
        ref = Ref(kind, subject)
        enter_apart(act, "vault.put.refused", ref, category=category, clause=clause, digest=policy.digest)
        raise NotDeclared(category=category, clause=clause)
    key = keeping.held_key(subject, known.keep_class)
    if key is None:
        with opened():
            key = keeping.data_key_to_write(subject, known.keep_class, act.brand)
    seal = Seal(table, subject, known.keep_class, policy.digest)
    sealed = {
        row: {name: seal.closed(value, key, row, name) for name, value in columns.items()}
        for row, columns in rows.items()
    }
    ref = Ref(f"{kind}.{category}"[:64], subject)
    enter(act, SEALED, ref, digest=policy.digest, count=len(rows))
    return sealed


def open_columns(
    act: Act, *, wishes: Sequence[ColumnWish[T]], reason: str = "", case: UUID | None = None
) -> list[Sealed[T] | None]:
    """Return what rows hold, sealed, in their order; None where it was erased.

    reason, case  as in asking.Given, where the clause demands one; they are not kept
    One query, and one commit of the audit, however many rows.
    Raises Refused if any of them is refused; then none is returned, and nothing was opened.
    Raises ReadsTooMuch where a member of staff has seen enough for an hour.
    Raises BrokenSeal where a value was moved or altered.
    """
    opened_rows = _open(act, wishes, Given(reason, case))
    note_shown(sum(one is not None for one in opened_rows))
    return [
        None if one is None else Sealed(one[0], wish.category)
        for one, wish in zip(opened_rows, wishes, strict=True)
    ]


def use_columns(
    act: Act, *, wishes: Sequence[ColumnWish[T]], fn: Callable[[tuple[T | None, ...]], R], reason: str = ""
) -> R:
    """Hand what rows hold to fn and return what fn returns; None stands for a row that was erased.

    For code below the faces that needs the values but must not hold them.  Raises as open_columns.
    """
    return fn(tuple(None if one is None else one[0] for one in _open(act, wishes, Given(reason))))


def decisions(act: Act, *, wishes: Sequence[ColumnWish[Any]], reason: str = "") -> list[Decision]:
    """Say what would be answered for each wish.  Nothing is opened and nothing entered: nothing was asked."""
    asking = _asking(act, wishes, Given(reason))
    return [_answer(asking, case, [wish]) for wish, case in ((w, _case(act, w)) for w in wishes)]


def forget_guest(*subjects: SubjectId) -> None:
    """Delete the keys of guests whose carts are gone, or are somebody's now.

    Not an erasure of the ledger's: no person is known by such a handle, and it is never used again.
    """
    with opened():
        SubjectKey.objects.filter(subject__in=subjects).delete()
    forget_notes()


def _open(act: Act, wishes: Sequence[ColumnWish[T]], given: Given) -> list[tuple[T] | None]:
    """Decide every case, enter all of them in one commit, and only then open.  Raises Refused, BrokenSeal."""
    if not wishes:
        return []
    since = time.monotonic()
    asking = _asking(act, wishes, given)
    cases: dict[_Case, list[ColumnWish[Any]]] = {}
    for wish in wishes:
        cases.setdefault(_case(act, wish), []).append(wish)
    for case, some in cases.items():
        _demand(asking, case, _answer(asking, case, some))
    _enter(asking, {case: sum(_is_there(w, asking.keys) for w in some) for case, some in cases.items()})
    keys = asking.keys if time.monotonic() - since < FRESH else _looked_again(asking.keys)
    return [_made(wish, keys) for wish in wishes]


def _looked_again(keys: Keys) -> Keys:
    """Return the keys as they stand now: a long wait for the book may have seen an erasure."""
    return boxes.data_keys({SubjectId(who) for who, _ in keys}, {keep_class for _, keep_class in keys})


def _asking(act: Act, wishes: Sequence[ColumnWish[Any]], given: Given) -> _Asking:
    """Gather what is known of the people, and their keys: one query through the wall, or two."""
    by_brand: dict[BrandId, set[SubjectId]] = {}
    for wish in wishes:
        by_brand.setdefault(wish.brand, set()).add(wish.subject)
    policies = {
        (brand, who): policy_by_digest(row.digest)
        for brand, people in by_brand.items()
        for who, row in versions_for(brand, people, act.at).items()
    }
    people = {wish.subject for wish in wishes}
    classes = {box.keep_class for wish in wishes for box in wish.boxed() if not box.is_old}
    purposes = {wish.purpose or act.purpose for wish in wishes}
    known = (policy.purposes.get(each) for policy in policies.values() for each in purposes)
    asks = any(purpose is not None and can_be_objected(purpose) for purpose in known)
    keys = _held_keys(people, classes) or boxes.data_keys(people, classes)
    objected = objections.standing(people) if asks else {}
    return _Asking(act, given, policies, keys, objected)


def _held_keys(people: Collection[SubjectId], classes: Collection[str]) -> Keys | None:
    """Return the keys where the running deed holds every one of them, or None."""
    found = {(who, each): keeping.held(who, each) for who in people for each in classes}
    return {at: key for at, key in found.items() if key is not None} if all(found.values()) else None


def hold_keys(act: Act, *, subject: SubjectId, categories: Collection[CategoryId]) -> Question[None]:
    """Return the question by which a deed takes the keys of some categories of a person at once.

    What it seals and opens of them afterwards asks for no key again.
    """
    known = policy_for(act.brand, subject, act.at).categories
    return keeping.keys_to_hold(subject, {known[each].keep_class for each in categories if each in known})


def _enter(asking: _Asking, counts: Mapping[_Case, int]) -> None:
    """Enter what is about to be opened, in one commit."""
    act = asking.act
    lines: dict[Act, list[Line]] = {}
    for case, count in counts.items():
        if count:
            policy = asking.policies[case.brand, case.subject]
            clause = policy.table[case.category, case.purpose, act.role].clause
            line = Line(Ref(case.kind, case.subject), case.category, clause, policy.digest, count)
            lines.setdefault(_under(act, case), []).append(line)
    with transaction.atomic(using=APART) if len(lines) > 1 else nullcontext():
        for under, some in lines.items():
            _enter_some(under, some)


def _enter_some(act: Act, lines: list[Line]) -> None:
    """Enter what one deed opens; a member of staff keeps within the pace of lists.  Raises ReadsTooMuch."""
    if not is_paced(act):
        enter_all_apart(act, OPENED, lines)
    elif not enter_within(act, OPENED, lines, counted=frozenset({OPENED}), pace=LISTS):
        too_much(act, lines[0])


def _under(act: Act, case: _Case) -> Act:
    """Return the deed as it reads one case."""
    return act.of_brand(case.brand).for_purpose(case.purpose)


def _case(act: Act, wish: ColumnWish[Any]) -> _Case:
    """Return what a wish is decided by."""
    return _Case(wish.brand, wish.subject, wish.category, wish.purpose or act.purpose, wish.kind)


def _answer(asking: _Asking, case: _Case, wishes: Sequence[ColumnWish[Any]]) -> Decision:
    """Decide a case: whose it is, the table, states of keys, objections, changes not told of."""
    act, policy = _under(asking.act, case), asking.policies[case.brand, case.subject]
    foreign = act.role == "customer" and (act.own != case.subject or asking.act.brand != case.brand)
    if foreign or (act.role == "visitor" and case.kind == PERSON):
        return Decision(False, policy.closed_by.get("use", ClauseId("")), "not_own")
    answer = decide(policy, Ask(case.category, case.purpose, act.role, _brings(asking, act, case, policy)))
    if not answer.allowed:
        return answer
    boxed = [box for wish in wishes for box in wish.boxed() if not box.is_old]
    for keep_class in {box.keep_class for box in boxed}:
        state = asking.keys.get((case.subject, keep_class), DESTROYED)[0]
        closed = left_by_state(policy, keep_class=keep_class, category=case.category, state=state, act=act)
        if closed is not None:
            return closed
    if stopped_by(policy, case.purpose, asking.objected.get(case.subject, frozenset())):
        return Decision(False, answer.clause, "objected")
    if not all(_is_told(act, case, policy, digest) for digest in {box.digest for box in boxed}):
        return Decision(False, policy.notice.clause, "not_told")
    return answer


def _brings(asking: _Asking, act: Act, case: _Case, policy: Policy) -> frozenset[str]:
    """Return what the asker brings of what the clause needs."""
    cell = policy.table.get((case.category, case.purpose, act.role))
    if cell is None or not cell.needs:
        return frozenset()
    return brought(act, Wish(case.subject, case.category), asking.given, cell.needs)


def _is_told(act: Act, case: _Case, policy: Policy, collected: str) -> bool:
    """Say whether the purpose reaches values that were given under an older version."""
    return collected == policy.digest or reaches(
        policy, subject=case.subject, collected=collected, category=case.category, purpose=case.purpose,
        at=act.at,
    )  # fmt: skip


def _demand(asking: _Asking, case: _Case, answer: Decision) -> None:
    """Enter a refusal apart, so that it outlives the rollback it causes.  Raises Refused."""
    if answer.allowed:
        return
    enter_apart(
        _under(asking.act, case), "vault.value.refused", Ref(case.kind, case.subject),
        category=case.category, clause=answer.clause,
        digest=asking.policies[case.brand, case.subject].digest,
    )  # fmt: skip
    raise Refused(category=case.category, clause=answer.clause, why=answer.why)


def _is_there(wish: ColumnWish[Any], keys: Keys) -> bool:
    """Say whether a row can still be opened: none of its keys is gone."""
    return all(
        box.is_old or keys.get((wish.subject, box.keep_class), DESTROYED)[1] is not None
        for box in wish.boxed()
    )


def _made(wish: ColumnWish[T], keys: Keys) -> tuple[T] | None:
    """Open a row and make of it what it makes; None where its key is gone.  Raises BrokenSeal."""
    if not _is_there(wish, keys):
        return None
    return (
        wish.make({
            row: {name: _unsealed(wish, row, name, box, keys) for name, box in columns.items()}
            for row, columns in wish.rows.items()
        }),
    )  # fmt: skip


def _unsealed(wish: ColumnWish[Any], row: str, name: str, box: Boxed, keys: Keys) -> Any:
    """Open one column of a row.  Raises BrokenSeal."""
    if box.is_old:
        return json.loads(cipher.unseal_column(box.text, place=f"{wish.table}.{name}"))
    key = keys[wish.subject, box.keep_class][1]
    if key is None:
        raise cipher.BrokenSeal
    return Seal(wish.table, wish.subject, box.keep_class, box.digest).opened(box, key, row, name)
