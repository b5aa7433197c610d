"""Pseudonyms: the names under which the audit book knows persons.

A nym is random; which person it stands for is found by a keyed mark alone.  When its row goes, the person's
entries stay in the book and in its tree, and nobody can tell any more whose they were.
Made and looked up over the audit's own connection: an entry that outlives a rollback needs its name to do so.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID, uuid4

from django.db import connections

from hostkeep.audit.enter import APART
from hostkeep.vault import keys
from hostkeep.vault.models import Nym, SubjectKey
from hostkeep.vault.wall import opened

FRESH = 120.0
"""Seconds for which a process remembers a name: after an erasure nobody remembers longer."""

MOST = 8192
"""Names a process remembers."""

_known: dict[UUID, tuple[UUID, float]] = {}
_reached: dict[tuple[int, int], UUID] = {}

NOBODY = UUID(int=0)

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
    wanted = {UUID(str(subject)) for subject in subjects}
    found = _remembered(wanted)
    missing = sorted(wanted - found.keys())
    if missing:
        found |= _look_up(missing)
    for subject in missing:
        if subject not in found:
            found[subject] = _make(subject)
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
        Nym.objects.filter(mark__in=_marks(subject)).delete()
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


def _make(subject: UUID) -> UUID:
    """Name a person, unless somebody was faster; two at once name them alike."""
    with opened(APART), connections[APART].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"nym|{subject}"])
        states = set(
            SubjectKey.objects.using(APART).filter(subject=subject).values_list("state", flat=True)
        )
        if states == {"destroyed"}:
            return uuid4()
        row = Nym.objects.using(APART).filter(mark__in=_marks(subject)).order_by("id").first()
        if row is None:
            epoch = keys.current_epoch()
            mark = _mark(keys.key_of(epoch, "nym"), subject)
            row = Nym.objects.using(APART).create(mark=mark, epoch=epoch, nym=uuid4())
    _remember(subject, row.nym)
    return row.nym


def _look_up(subjects: Sequence[UUID]) -> dict[UUID, UUID]:
    """Find names by their marks, under every epoch that may be read."""
    by_mark = {mark: subject for subject in subjects for mark in _marks(subject)}
    with opened(APART):
        rows = list(Nym.objects.using(APART).filter(mark__in=list(by_mark)).order_by("-id"))
    found = {by_mark[bytes(row.mark)]: row.nym for row in rows}
    for subject, nym in found.items():
        _remember(subject, nym)
    return found


def _marks(subject: UUID) -> list[bytes]:
    """Return every mark that a person may stand under: two while a roll is under way, else one."""
    return [_mark(keys.key_of(epoch, "nym"), subject) for epoch in keys.epochs()]


def _mark(key: bytes, subject: UUID) -> bytes:
    """Return the mark of a person under a key."""
    return hmac.digest(key, UUID(str(subject)).bytes, hashlib.sha256)[:16]


def _remember(subject: UUID, nym: UUID) -> None:
    """Remember a name for a while; a full memory is emptied."""
    if len(_known) >= MOST:
        _known.clear()
    _known[subject] = (nym, time.monotonic() + FRESH)


def _remembered(subjects: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the names that this process remembers still."""
    now = time.monotonic()
    kept = ((subject, _known.get(subject)) for subject in subjects)
    return {subject: found[0] for subject, found in kept if found is not None and found[1] > now}
