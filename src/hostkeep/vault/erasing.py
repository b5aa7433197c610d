"""Erasing a person's data: destroy the keys, first in a ledger outside the database, then in it.

From the moment the keys are gone nothing of it opens, however many rows there are; the rows themselves are
deleted later, in batches (finish).  What a hold keeps stays, and the certificate says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from hostkeep.audit.enter import enter
from hostkeep.audit.rounds import each_once, go_through, note_failure
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref, SubjectId
from hostkeep.runtime.deeds import forget_notes
from hostkeep.vault import certificates, destroying, erasure_ledger, keys, replaying, staying
from hostkeep.vault.models import Erasure, Keyring, SubjectKey
from hostkeep.vault.stuck import ErasureWaits
from hostkeep.vault.wall import opened

AT_ONCE = 100
"""Certificates that are read in one go."""

FENCE = """
UPDATE vault.vault_subjectkey SET state = 'erasing', changed_at = %s
WHERE subject = %s AND keep_class = ANY(%s) AND state <> 'destroyed'
"""
HOLD = """
UPDATE vault.vault_subjectkey SET state = 'held', changed_at = %s
WHERE subject = %s AND keep_class = ANY(%s) AND state IN ('live', 'deactivated')
"""
SWEEP = """
DELETE FROM vault.vault_item WHERE id = ANY(ARRAY(
  SELECT i.id FROM vault.vault_item i
  JOIN vault.vault_subjectkey k ON k.subject = i.subject AND k.keep_class = i.keep_class
  WHERE i.subject = %s AND k.state = 'destroyed'
  LIMIT %s FOR UPDATE OF i SKIP LOCKED
))
"""
"""An array and no IN: a plan may ask an IN anew for every row, and its LIMIT would bound nothing."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did.

    erasure  handle of the certificate; None: there was nothing left to erase
    classes  classes whose keys are destroyed by it
    stays    what is kept, and why; what a secret hold keeps is left out
    """

    erasure: UUID | None
    subject: SubjectId
    classes: frozenset[str]
    stays: tuple[certificates.Stay, ...]

    @property
    def ref(self) -> Ref:
        """The person."""
        return Ref("person", self.subject)


def erase(act: Act, *, subject: SubjectId, classes: frozenset[str], why: str) -> Erased:
    """Make a person's data of some classes unreadable, for good.

    why  what made it due, a word of ours: "account.closed", "request", ...

    A fence first: the classes open for nobody and take nothing more.  Then a line in the ledger outside the
    database, then the keys.  Killed in between, the rest is done at the next start or by the next erasure.
    Classes under an approved hold are kept for it and stand in stays.  Twice: the second finds nothing left.
    Best called outside a transaction: what stands in the ledger is carried out even if the caller's fails.
    Effects: keys destroyed, their marks deleted, a certificate, an audit entry and KeysDestroyed; where no
    class is left, the name in the audit book and the words of consent too.
    """
    with transaction.atomic():
        begun = _fence(act, subject, classes, why)
    if begun is None:
        for cut_off in _cut_off(subject=subject):
            _destroy(act, cut_off)
        kept = map(certificates.written, staying.stays(act, subject))
        return Erased(None, subject, frozenset(), certificates.open_stays(kept))
    _destroy(act, begun)
    with opened():
        row = Erasure.objects.get(id=begun)
    return Erased(begun, subject, frozenset(row.classes), certificates.open_stays(row.stays))


def _fence(act: Act, subject: SubjectId, classes: frozenset[str], why: str) -> UUID | None:
    """Shut the classes and begin a certificate; None where nothing is left to erase.

    Where a secret hold keeps all that is due, the certificate stands all the same, with no class of its own:
    its owner is not to see the hold by a certificate that is missing.
    """
    held = staying.held(subject, act.at)
    kept = classes & held.keys()
    with opened():
        forget_notes()  # of keys that this deed wrote under
        _run(HOLD, [act.at, subject, sorted(kept)])
        rows = list(SubjectKey.objects.select_for_update().filter(subject=subject).order_by("id"))
        known = {row.keep_class for row in rows}
        ended = {row.keep_class for row in rows if row.state == "destroyed"} | _being_erased(subject)
        due = classes - kept - ended if rows else frozenset[str]()
        silent = {name for name in kept if held[name].silent} - ended if rows else set[str]()
        silent -= certificates.said_as_gone(subject) if silent else set[str]()
        if not due and not silent:
            return None
        brand = destroying.brand_of(rows, act.brand)
        fresh = [
            SubjectKey(
                subject=subject, brand=brand, keep_class=name, epoch=keys.current_epoch(),
                state="erasing", changed_at=act.at,
            )
            for name in sorted(due - known)
        ]  # fmt: skip
        SubjectKey.objects.bulk_create(fresh, ignore_conflicts=True)
        _run(FENCE, [act.at, subject, sorted(due)])
    stays = {stay.keep_class: stay for stay in staying.stays(act, subject, but=frozenset(due))}
    stays |= {name: held[name] for name in silent - stays.keys()}
    row = Erasure(
        brand=brand, subject=subject, classes=sorted(due), why=why[:32], epoch=keys.current_epoch(),
        asked_at=act.at, live_at=None if due else act.at,
        stays=[certificates.written(stays[name], due=name in silent) for name in sorted(stays)],
    )  # fmt: skip
    with opened():
        row.save(force_insert=True)
    return row.id


def _being_erased(subject: SubjectId) -> set[str]:
    """Return the classes that a begun certificate names already."""
    begun = Erasure.objects.filter(subject=subject, live_at__isnull=True).values_list("classes", flat=True)
    return {name for classes in begun for name in classes}


def _cut_off(most: int = AT_ONCE, **whose: SubjectId) -> list[UUID]:
    """Return certificates whose keys still wait to be destroyed, oldest first: somebody is at it, or died."""
    with opened():
        left = Erasure.objects.filter(live_at__isnull=True, **whose).order_by("asked_at", "id")
        return list(left.values_list("id", flat=True)[:most])


def _all_cut_off() -> Iterator[UUID]:
    """Give each of them once, page by page: those that go wrong keep no younger one waiting."""
    return each_once(_cut_off, key=lambda erasure: erasure, page=AT_ONCE)


def _destroy(act: Act, erasure: UUID) -> None:
    """Write the line, then destroy the keys that a begun certificate names.

    Raises ErasureWaits where its line stands and could not be carried out: a second one would say no more.
    """
    if not _destroyed(act, erasure):
        raise ErasureWaits


def _destroyed(act: Act, erasure: UUID) -> bool:
    """Destroy the keys of a certificate; say whether they are gone, False where its line is stuck."""
    with transaction.atomic():
        row = _caught_up(act)
        with opened():
            begun = Erasure.objects.select_for_update().get(id=erasure)
            if begun.live_at is not None:
                return True  # the ledger had its line already
            if str(erasure) in row.stuck.values():
                return False
            owned = SubjectKey.objects.filter(
                subject=begun.subject, keep_class__in=begun.classes, state="erasing"
            )
            data_keys = list(owned.values_list("id", flat=True))
        with erasure_ledger.alone():
            line = erasure_ledger.add(at=act.at, erasure=erasure, data_keys=data_keys)
        destroying.carry_out(act, line)
        destroying.advance(row, line)
    return True


def _caught_up(act: Act) -> Keyring:
    """Lock the keyring's row and carry out what the ledger has beyond it, past what cannot be."""
    row = destroying.lock()
    while replaying.step(act, row, most=replaying.AT_ONCE):
        pass
    return row


def note_item_gone(act: Act, *, item: UUID) -> None:
    """As note_items_gone, for one value."""
    note_items_gone(act, items=[item])


def note_items_gone(act: Act, *, items: Sequence[UUID]) -> None:
    """Put single values that are being deleted on the ledger, in the caller's transaction.

    items  handles of the rows; they are deleted by this call where they still stand
    A restored backup then deletes them again before it opens.  Their box in such a backup still opens with
    the keyring of its time, until the next roll and the end of the copy in escrow; after that for whoever has
    the living database and keyring too, until the class ends.
    """
    if not items:
        return
    with transaction.atomic():
        row = _caught_up(act)
        with erasure_ledger.alone():
            line = erasure_ledger.add(at=act.at, erasure=uuid4(), data_keys=(), items=items)
        destroying.carry_out(act, line)
        destroying.advance(row, line)


def carry_on(act: Act) -> int:
    """Finish erasures that were cut off between the fence and the ledger; return how many.

    One that goes wrong keeps no other waiting, and no process from starting: it is open to nobody, and the
    minute's work tries it again.
    """
    def destroy(which: UUID) -> None:
        _destroy(act, which)

    return len(go_through(act, _all_cut_off(), destroy, event="erasure.failed", about=lambda _: "erasure"))


def work_off(act: Act) -> int:
    """Do what is left of all erasures: stuck lines of the ledger, keys, rows; return how much.

    The minute's work.  What goes wrong keeps nothing else waiting; `stuck` tells of it.
    """
    return replaying.retry(act) + finish(act, stuck=set())


def finish(act: Act, most: int = 5000, *, stuck: set[UUID] | None = None) -> int:
    """Delete up to so many rows that no key opens any more; return how many.

    stuck  certificates that went wrong: they are left out, and those that go wrong now come to them; None:
           the first keeps the others, and what went wrong is raised

    Closes certificates without rows.  Several may run side by side.  Call it until it returns 0.
    """
    for erasure in _all_cut_off():
        _past(act, erasure, lambda which: _destroy(act, which), stuck)
    gone = 0
    for erasure, subject, brand in each_once(_with_rows, key=lambda row: row[0], page=AT_ONCE):
        if gone >= most:
            break
        under, left = act.of_brand(BrandId(brand)), most - gone
        gone += _past(act, erasure, partial(_finish, under, subject=subject, most=left), stuck)
    return gone


def _with_rows(most: int) -> list[tuple[UUID, UUID, str]]:
    """Return certificates whose keys are gone and whose rows may stand: handle, person, brand."""
    with opened():
        open_ones = Erasure.objects.filter(state="begun", live_at__isnull=False).order_by("asked_at", "id")
        return list(open_ones.values_list("id", "subject", "brand")[:most])


def _past(act: Act, erasure: UUID, do: Callable[[UUID], int | None], stuck: set[UUID] | None) -> int:
    """Do something with one certificate and return how much; one that goes wrong is noted in stuck."""
    if stuck is not None and erasure in stuck:
        return 0
    try:
        return do(erasure) or 0
    except Exception as error:
        if stuck is None:
            raise
        stuck.add(erasure)
        note_failure(act, error, event="sweep.one_failed", about="erasure")
        return 0


def _finish(act: Act, erasure: UUID, subject: UUID, most: int) -> int:
    """Delete rows of one erasure; close it where none is left."""
    with transaction.atomic():
        with opened():
            gone = _run(SWEEP, [subject, most])
            done = gone < most and not _rows_left(subject)
            closed = done and Erasure.objects.filter(id=erasure, state="begun").update(state="done")
        if closed:
            enter(act, "vault.erasure.done", Ref("vault.erasure", erasure))
    return gone


def _rows_left(subject: UUID) -> bool:
    """Say whether a row without a key is left, one that somebody else is deleting included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM vault.vault_item i JOIN vault.vault_subjectkey k"
            " ON k.subject = i.subject AND k.keep_class = i.keep_class"
            " WHERE i.subject = %s AND k.state = 'destroyed')",
            [subject],
        )
        return bool(cursor.fetchone()[0])


def _run(statement: str, values: Sequence[Any]) -> int:
    """Run one statement; return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
