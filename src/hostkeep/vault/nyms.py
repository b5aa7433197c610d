"""Pseudonyms: the names under which the audit book knows persons.

A nym is random; which person it stands for is found by a keyed mark alone.  When its row goes, the person's
entries stay in the book and in its tree, and nobody can tell any more whose they were.
Made and looked up over the audit's own connection: an entry that outlives a rollback needs its name to do so.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID, uuid4

from django.db import connections

from hostkeep.audit.enter import APART
from hostkeep.vault import cipher, keys
from hostkeep.vault.models import Nym
from hostkeep.vault.wall import opened, read

FRESH = 120.0
"""Seconds for which a process remembers a name: after an erasure nobody remembers longer."""

MOST = 8192
"""Names a process remembers."""

MANY = 1024
"""Names that are too many at once to be remembered."""

_known: dict[UUID, tuple[UUID, float]] = {}
_reached: dict[tuple[int, int], UUID] = {}

AT_ONCE = 256
"""Persons named in one transaction: each takes a lock until it ends, and the server has some thousands."""

NOBODY = UUID(int=0)

MARK_BYTES = 16

TURNS = """
SELECT pg_advisory_xact_lock(number) FROM (
  SELECT DISTINCT hashtextextended('nym|' || person, 0) AS number FROM unnest(%s::text[]) AS person
  ORDER BY number OFFSET 0
) AS turns
"""
"""Whoever names the same person waits; in the order of the numbers, so that no two wait for one another."""

DESTROYED = """
SELECT subject FROM vault.vault_subjectkey WHERE subject = ANY(%s::uuid[])
GROUP BY subject HAVING bool_and(state = 'destroyed')
"""

NAMED = "SELECT mark, nym FROM vault.vault_nym WHERE mark = ANY(%s::bytea[]) ORDER BY id DESC"

NAME = """
INSERT INTO vault.vault_nym (mark, epoch, nym)
SELECT mark, %s, nym FROM unnest(%s::bytea[], %s::uuid[]) AS fresh (mark, nym)
"""

PERSONS = """
SELECT subject FROM (
  SELECT subject FROM vault.vault_subjectkey UNION SELECT subject FROM vault.vault_consent
) AS persons WHERE subject > %s ORDER BY subject LIMIT %s
"""


def nym_of(subject: UUID) -> UUID:
    """Return the name of a person in the book, made on first use and committed when this returns.

    A person whose every key is destroyed gets a new name each time, and no row: nothing is linked again.
    """
    return nyms_of([subject])[subject]


def nyms_of(subjects: Iterable[UUID]) -> Mapping[UUID, UUID]:
    """Return the names of several persons, as nym_of; those already named are found in one query."""
    wanted = {each if type(each) is UUID else UUID(str(each)) for each in subjects}
    found = _remembered(wanted)
    missing = list(wanted - found.keys())
    if missing:
        found |= _look_up(missing)
    unnamed = [subject for subject in missing if subject not in found]
    for start in range(0, len(unnamed), AT_ONCE):
        found |= _make(unnamed[start : start + AT_ONCE])
    return found


def known(subject: UUID) -> UUID | None:
    """Return the name of a person in the book, or None where they have none; none is made."""
    wanted = UUID(str(subject))
    found = _remembered({wanted})
    return (found or _look_up([wanted])).get(wanted)


def forget(subject: UUID) -> None:
    """Delete a person's name, in the running transaction: their history is nobody's from now on.

    What other processes remember is gone after FRESH seconds.
    """
    with opened():
        Nym.objects.filter(mark__in=_marks(UUID(str(subject)))).delete()
    _known.pop(UUID(str(subject)), None)


def remark(old_epoch: int, new_epoch: int, most: int) -> int:
    """Mark names of an old epoch anew under a new one; return how many were done, 0 when none is left.

    Looks through the persons that the vault knows; a name whose person it does not know any more goes: its
    mark could be found by nobody once the old epoch's key is destroyed.
    """
    at = (old_epoch, new_epoch)
    begun = _reached.get(at, NOBODY)
    with opened():
        done = _remark_from(at, most)
        if not done and begun != NOBODY:
            done = _remark_from(at, most)
        if not done:
            done = Nym.objects.filter(epoch=old_epoch).delete()[0]
    return done


def _remark_from(at: tuple[int, int], most: int) -> int:
    """Go on where the last call stopped, until some names were marked anew or all persons were seen."""
    old_epoch, new_epoch = at
    old_key, new_key = keys.key_of(old_epoch, "nym"), keys.key_of(new_epoch, "nym")
    while True:
        with connections["default"].cursor() as cursor:
            cursor.execute(PERSONS, [_reached.get(at, NOBODY), most])
            persons: list[UUID] = [row[0] for row in cursor.fetchall()]
        if not persons:
            _reached.pop(at, None)
            return 0
        _reached[at] = persons[-1]
        by_mark = {_mark(old_key, person): person for person in persons}
        rows = list(Nym.objects.filter(epoch=old_epoch, mark__in=list(by_mark)))
        for row in rows:
            row.mark, row.epoch = _mark(new_key, by_mark[bytes(row.mark)]), new_epoch
        if rows:
            Nym.objects.bulk_update(rows, ["mark", "epoch"])
            return len(rows)


def _make(subjects: Sequence[UUID]) -> dict[UUID, UUID]:
    """Name some persons, AT_ONCE at most, unless somebody was faster; two at once name them alike."""
    handles, epoch = list(map(str, subjects)), keys.current_epoch()
    with opened(APART), connections[APART].cursor() as cursor:
        cursor.execute(TURNS, [handles])
        cursor.execute(DESTROYED, [handles])
        nobodies: dict[UUID, UUID] = {row[0]: uuid4() for row in cursor.fetchall()}
        by_mark = _by_mark(subject for subject in subjects if subject not in nobodies)
        cursor.execute(NAMED, [_array(by_mark)])
        found = _named(by_mark, cursor.fetchall())
        fresh = {subject: uuid4() for subject in subjects if subject not in nobodies and subject not in found}
        if fresh:
            key = keys.key_of(epoch, "nym")
            marks = [_mark(key, subject) for subject in fresh]
            cursor.execute(NAME, [epoch, marks, list(fresh.values())])
    _remember(found | fresh)
    return nobodies | found | fresh


def _look_up(subjects: Sequence[UUID]) -> dict[UUID, UUID]:
    """Find names by their marks, under every epoch that may be read."""
    by_mark = _by_mark(subjects)
    found = _named(by_mark, read(NAMED, [_array(by_mark)], using=APART))
    _remember(found)
    return found


def _array(marks: Iterable[bytes]) -> str:
    """Return marks as the server reads an array of bytes: the driver takes longer for it than the query."""
    return "{" + ",".join(f'"\\\\x{mark.hex()}"' for mark in marks) + "}"


def _by_mark(subjects: Iterable[UUID]) -> dict[bytes, UUID]:
    """Return persons by every mark that each may stand under."""
    hashers = [cipher.Hasher(key) for key in _keys()]
    return {
        hasher.digest(subject.bytes)[:MARK_BYTES]: subject for subject in subjects for hasher in hashers
    }


def _named(by_mark: Mapping[bytes, UUID], rows: Iterable[tuple[bytes, UUID]]) -> dict[UUID, UUID]:
    """Return the names in the rows of NAMED; where a person has two, the first that was given."""
    return {by_mark[mark]: nym for mark, nym in rows}


def _marks(subject: UUID) -> list[bytes]:
    """Return every mark that a person may stand under: two while a roll is under way, else one."""
    return [_mark(key, subject) for key in _keys()]


def _keys() -> list[bytes]:
    """Return the keys of every epoch that may be read."""
    return [keys.key_of(epoch, "nym") for epoch in keys.epochs()]


def _mark(key: bytes, subject: UUID) -> bytes:
    """Return the mark of a person under a key."""
    return hmac.digest(key, subject.bytes, "sha256")[:MARK_BYTES]


def _remember(names: Mapping[UUID, UUID]) -> None:
    """Remember names for a while; a full memory is emptied.

    Many at once are not remembered: a run through everybody would wash out whom pages ask about.
    """
    if len(names) > MANY:
        return
    if len(_known) + len(names) > MOST:
        _known.clear()
    until = time.monotonic() + FRESH
    _known.update((subject, (nym, until)) for subject, nym in names.items())


def _remembered(subjects: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the names that this process remembers still."""
    now = time.monotonic()
    kept = ((subject, _known.get(subject)) for subject in subjects)
    return {subject: found[0] for subject, found in kept if found is not None and found[1] > now}
