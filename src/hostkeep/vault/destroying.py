"""Destroying keys, in the database: what an erasure and the replay of the erasure ledger have in common.

Every call stands in a transaction, with the keyring's row locked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from hostkeep.audit.enter import enter
from hostkeep.audit.rounds import note_failure
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, Ref, SubjectId
from hostkeep.runtime.deeds import forget_notes
from hostkeep.runtime.outbox import hand_over, publish
from hostkeep.vault import erasure_ledger, keys
from hostkeep.vault.events import KeysDestroyed
from hostkeep.vault.models import Consent, Erasure, Item, Keyring, Mark, SubjectKey
from hostkeep.vault.wall import opened

DESTROY = """
UPDATE vault.vault_subjectkey SET state = 'destroyed', wrapped = NULL, changed_at = %s
WHERE id = ANY(%s) AND state <> 'destroyed'
RETURNING brand, subject, keep_class, epoch
"""
ACCOUNT = "account"
"""The class whose end lets words of consent go: its trigger asks for it."""


@dataclass(frozen=True, slots=True)
class _Gone:
    """A key that was destroyed just now."""

    brand: str
    subject: UUID
    keep_class: str
    epoch: int


def lock() -> Keyring:
    """Lock the keyring's row until the transaction ends, and return it: erasures come one after another."""
    with opened():
        row = Keyring.objects.select_for_update().filter(id=1).first()
        if row is None:
            epoch, nonce = keys.current_epoch(), keys.new_data_key()
            fresh = Keyring(id=1, epoch=epoch, nonce=nonce, proof=keys.proof_of(nonce, epoch=epoch))
            Keyring.objects.bulk_create([fresh], ignore_conflicts=True)
            row = Keyring.objects.select_for_update().get(id=1)
        return row


def advance(row: Keyring, line: erasure_ledger.Line) -> None:
    """Note that a line of the ledger is carried out."""
    row.replayed, row.replayed_head = line.number, line.head
    with opened():
        row.save(update_fields=["replayed", "replayed_head"])


def go_past(act: Act, row: Keyring, line: erasure_ledger.Line) -> bool:
    """Carry a line out and say that it was; one that cannot be is noted as stuck, for the next must not wait.

    row  the keyring's, locked
    What an erasure brings with it in other rooms (a login ends, every store forgets) is done here too, not by
    an event: a restored house may be opened by a server alone, long before a worker comes.
    Who finds it again: `replaying.retry`.
    """
    number, before = str(line.number), dict(row.stuck)
    try:
        with transaction.atomic():
            carry_out(act, line, tell=hand_over)
        row.stuck.pop(number, None)
    except Exception as error:  # noqa: BLE001  one line that cannot be carried out must not stop the younger
        row.stuck[number] = str(line.erasure)
        note_failure(act, error, event="erasure_line.failed", about=line.number)
    if row.stuck != before:
        with opened():
            row.save(update_fields=["stuck"])
    return number not in row.stuck


def carry_out(
    act: Act, line: erasure_ledger.Line, *, tell: Callable[[Act, KeysDestroyed], None] = publish
) -> None:
    """Do what a line says: destroy its keys, delete its single values.  Done before: nothing happens.

    tell  says to the other rooms that keys are destroyed
    """
    with opened():
        if line.items:
            Item.objects.filter(id__in=line.items).delete()
        with connection.cursor() as cursor:
            cursor.execute(DESTROY, [line.at, list(line.keys)])
            gone = [_Gone(*found) for found in cursor.fetchall()]
        forget_notes()
        if not gone:
            Erasure.objects.filter(id=line.erasure, live_at__isnull=True).update(live_at=act.at)
            return
    certificate = _certificate(act, line, gone)
    _end_marks(certificate)
    whose = act.of_brand(BrandId(certificate.brand))
    enter(whose, "vault.keys.destroyed", Ref("person", certificate.subject), count=len(gone))
    tell(whose, KeysDestroyed(certificate.id))
    if _nothing_left(certificate.subject):
        _forget_person(SubjectId(certificate.subject))


def _certificate(act: Act, line: erasure_ledger.Line, gone: Sequence[_Gone]) -> Erasure:
    """Return the certificate with its first instant; a restored database gets it anew."""
    epoch = max(keys.current_epoch(), *(key.epoch for key in gone))
    with opened():
        row = Erasure.objects.filter(id=line.erasure).first()
        if row is None:
            row = Erasure(
                id=line.erasure, brand=_brand_of(gone), subject=gone[0].subject, why="replayed",
                classes=sorted({key.keep_class for key in gone}), asked_at=line.at,
            )  # fmt: skip
        row.epoch = epoch
        row.live_at = row.live_at or act.at
        row.save()
    return row


def _brand_of(gone: Sequence[_Gone]) -> str:
    """Return whose brand some keys were; older ones do not say, but their values do."""
    said = next((key.brand for key in gone if key.brand), "")
    return said or Item.objects.filter(subject=gone[0].subject).values_list("brand", flat=True).first() or ""


def _end_marks(certificate: Erasure) -> None:
    """Delete what could tell that a person was here by a value: few rows, whatever a person has."""
    with opened():
        Mark.objects.filter(subject=certificate.subject, keep_class__in=certificate.classes).delete()


def _nothing_left(subject: UUID) -> bool:
    """Say whether every key of a person is destroyed."""
    with opened():
        return not SubjectKey.objects.filter(subject=subject).exclude(state="destroyed").exists()


def _forget_person(subject: SubjectId) -> None:
    """Delete what binds a handle to its history: the name in the audit book, and the words of consent."""
    from hostkeep.vault import nyms

    nyms.forget(subject)
    with opened():
        if SubjectKey.objects.filter(subject=subject, keep_class=ACCOUNT, state="destroyed").exists():
            Consent.objects.filter(subject=subject).delete()


def brand_of(rows: Iterable[SubjectKey], otherwise: BrandId) -> str:
    """Return whose brand some keys are."""
    return next((row.brand for row in rows if row.brand), otherwise)
