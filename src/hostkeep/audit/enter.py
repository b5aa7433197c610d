"""Writing the audit: with the deed, or apart so that it outlives a rollback.

A person is entered under a pseudonym: what is about a person ("person" or "person.<category>") carries the
name that the vault gives them, never their handle.  The actor "user:<id of the login>" is a pseudonym too:
after the person's erasure the login's row is a bare handle; docs/audit.md says what can still be told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref
from hostkeep.runtime.deeds import Statement, leave

APART = "audit"
"""The second connection, which commits by itself."""

PERSON = "person"
"""Kind of what is about a person; "person.<category>" where it is about one value of theirs."""

LONGEST = 64
"""Characters that the column of categories takes."""

ENTER = """
INSERT INTO audit.audit_entry (verb, actor, role, purpose, brand, at, trace,
                               kind, thing, category, clause, digest, count)
VALUES """
"""Written by hand: an entry comes with every deed, and making it by Django's model costs the most of it."""

ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"

Names = Callable[[Iterable[UUID]], Mapping[UUID, UUID]]

_in_force: list[Callable[[BrandId, datetime], str]] = []
_names: list[Names] = []


def digest_by(in_force: Callable[[BrandId, datetime], str]) -> None:
    """Say which policy an entry stands under where the deed names none.  Called once at start, by brands.

    in_force  returns the digest of a brand's version in force at a time, or an empty text where there is none
    """
    _in_force[:] = [in_force]


def named_by(names: Names) -> None:
    """Say under which names the book knows persons.  Called once at start, by the vault.

    names  returns the pseudonym of each handle it is given
    """
    _names[:] = [names]


@dataclass(frozen=True, slots=True)
class Line:
    """One of many entries of one act.  clause, digest, count: as in enter_apart.

    category  one, or several as named_together writes them
    """

    ref: Ref
    category: str
    clause: str
    digest: str
    count: int = 1


class Alike(NamedTuple):
    """What several entries of one act have in common, who differ in what they are about alone.

    kind  of what they are about
    many  values each entry stands for, `count` of a Line; the rest as there
    """

    kind: str
    category: str
    clause: str
    digest: str
    many: int = 1


def named_together(categories: Iterable[str]) -> tuple[str, ...]:
    """Return categories as one entry names them: sorted, a blank between two.

    More texts where LONGEST does not take them all.  `reading.EntryRow.categories` takes one apart.
    """
    texts: list[str] = []
    for category in sorted(categories):
        if texts and len(texts[-1]) + 1 + len(category) <= LONGEST:
            texts[-1] += f" {category}"
        else:
            texts.append(category)
    return tuple(texts)


def enter(
    act: Act, verb: str, ref: Ref, *, clause: str = "", digest: str = "", count: int = 1
) -> None:
    """Add one entry in the deed's own transaction, written with the others of the deed at its end.

    verb    "room.noun.done", past tense
    clause  the policy's that it is about, where it is about one
    digest  of the policy version that decided; left out, the one in force for the act's brand
    count   how many things a bulk entry stands for
    """
    # Whoever it is about is named now: at the end of an erasure they would be given a new name.
    leave(_entries, _row(act, verb, Line(ref, category="", clause=clause, digest=digest, count=count)))


def enter_apart(
    act: Act, verb: str, ref: Ref, *, category: str, clause: str, digest: str, count: int = 1
) -> None:
    """Add one entry through the audit's own connection, committed when this returns.

    For reads and refusals: the record must outlive the rollback that a refusal causes.
    """
    row = _row(act, verb, Line(ref, category=category, clause=clause, digest=digest, count=count))
    with connections[APART].cursor() as cursor:
        cursor.execute(*_entries([row]))


def enter_all_apart(act: Act, verb: str, lines: Sequence[Line]) -> None:
    """Add many entries of one act as enter_apart, in one statement: all of them or none."""
    _enter_alike(APART, act, verb, _alike(lines))


def enter_alike_apart(act: Act, verb: str, things: Mapping[Alike, Sequence[UUID]]) -> None:
    """Add many entries of one act as enter_all_apart, by what they have in common: an entry each thing.

    For thousands: a Line for each takes as long as half of the insert.
    """
    _enter_alike(APART, act, verb, things)


def enter_all(act: Act, verb: str, lines: Sequence[Line]) -> None:
    """Add many entries of one act in the deed's own transaction, in one statement."""
    if lines:
        _enter_alike(DEFAULT_DB_ALIAS, act, verb, _alike(lines))


def _alike(lines: Sequence[Line]) -> Mapping[Alike, Sequence[UUID]]:
    """Return what lines are about, by what they have in common."""
    things: dict[Alike, list[UUID]] = {}
    for line in lines:
        told = Alike(line.ref.kind, line.category, line.clause, line.digest, line.count)
        things.setdefault(told, []).append(line.ref.id)
    return things


def _enter_alike(using: str, act: Act, verb: str, things: Mapping[Alike, Sequence[UUID]]) -> None:
    """Add entries by a connection.

    Those that differ in what they are about alone travel as one list of handles: a text for each takes
    several times what the insert takes.  The list is sorted, which spares the index on things a tenth of the
    server's time, and the book does not tell in which order somebody asked about people.
    """
    if len(things) == 1:
        ((told, some),) = things.items()
        if len(some) == 1:  # most often, and a tenth less of the server's time than a list of one
            line = Line(Ref(told.kind, some[0]), told.category, told.clause, told.digest, told.many)
            with connections[using].cursor() as cursor:
                cursor.execute(*_entries([_row(act, verb, line)]))
            return
    names = _names_of({one for told, some in things.items() if is_person(told.kind) for one in some})
    in_force = _digest_for(act, all(told.digest for told in things))
    groups = []
    for told, some in things.items():
        known = [names[one] for one in some] if is_person(told.kind) else some
        handles = "{" + ",".join(sorted([f"{handle.int:032x}" for handle in known])) + "}"
        groups.append((told.kind, told.category, told.clause, told.digest or in_force, told.many, handles))
    fixed: list[Any] = [verb, act.actor, act.role, act.purpose, act.brand, act.at, act.trace]
    with connections[using].cursor() as cursor:
        if len(groups) == 1:
            cursor.execute(ENTER_ALIKE, [*fixed, *groups[0]])
        else:
            cursor.execute(ENTER_ALL, fixed + [list(column) for column in zip(*groups, strict=True)])


ENTER_ALIKE = """
INSERT INTO audit.audit_entry (verb, actor, role, purpose, brand, at, trace,
                               kind, category, clause, digest, count, thing)
SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, unnest(%s::uuid[])
"""
"""For one group: a third less of the server's time than the general form takes."""

ENTER_ALL = """
INSERT INTO audit.audit_entry (verb, actor, role, purpose, brand, at, trace,
                               kind, category, clause, digest, count, thing)
SELECT %s, %s, %s, %s, %s, %s, %s, x.kind, x.category, x.clause, x.digest, x.count, unnest(x.things::uuid[])
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::text[])
  AS x (kind, category, clause, digest, count, things)
"""


def _names_of(persons: Collection[UUID]) -> Mapping[UUID, UUID]:
    """Return the pseudonyms of persons.  Raises LookupError if nobody said how persons are named."""
    if persons and not _names:
        raise LookupError("nobody said under which names the book knows persons")
    return _names[0](persons) if persons else {}


def _digest_for(act: Act, told: bool) -> str:
    """Return the digest of the policy in force, an empty text where each entry told its own."""
    return "" if told else next((known(act.brand, act.at) for known in _in_force), "")


def _row(act: Act, verb: str, line: Line) -> list[Any]:
    """Return the columns of one entry."""
    ref, digest = line.ref, line.digest or _digest_for(act, False)
    thing = _names_of([ref.id])[ref.id] if is_person(ref.kind) else ref.id
    doer = [verb, act.actor, act.role, act.purpose, act.brand, act.at, act.trace]
    return [*doer, ref.kind, thing, line.category, line.clause, digest, line.count]


def _entries(rows: Sequence[list[Any]]) -> Statement:
    """Say how entries are written, in their order."""
    return ENTER + ", ".join([ROW] * len(rows)), [value for row in rows for value in row]


def is_person(kind: str) -> bool:
    """Say whether a kind of thing is a person, whom the book knows by a pseudonym alone."""
    return kind == PERSON or kind.startswith(f"{PERSON}.")
