"""Signed checkpoints: what the book was, said so that it cannot be taken back.

The key is a file in the keyring folder, outside the database and no part of any epoch: what it signed is
checked for years.  Before a checkpoint is signed, the tree is proven to begin with the tree of the last one,
in the database or outside it; a changed history is never signed, it raises an alarm.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction

from hostkeep.audit import notes
from hostkeep.audit.alarms import raise_alarm
from hostkeep.audit.enter import enter_apart
from hostkeep.audit.kept import folder, keep, kept, set_aside
from hostkeep.audit.models import Checkpoint
from hostkeep.audit.reading import count_of
from hostkeep.audit.sequencing import is_ours, sequence, sequence_all, sequence_soon
from hostkeep.audit.stored import Incomplete, StoredTree, size_now
from hostkeep.audit.tree import consistency_proof, verify_consistency
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, ClauseId, Ref
from hostkeep.runtime import addresses

KEY_FILE = "audit.ed25519"
"""Two lines: the origin, which is the key's name, and the private key in base64."""

FORMER_KEYS = "audit-*.ed25519"
"""Keys of books that ended with a restore: what they signed is checked still, and they sign no more."""

BEGUN_AGAIN = "audit.book.begun_again"

BOOK = Ref("audit.book", UUID(int=0))
"""The whole book, as an alarm is about it."""

PAUSE = timedelta(seconds=5)
"""Between two checkpoints that somebody asked for."""

ALTERED = "book_altered"
AGAIN = timedelta(hours=1)
"""An alarm about the book is not raised again for so long."""


class NotOurs(Exception):
    """A checkpoint bears no signature of ours."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs.  origin: the log's name, which stays even if the host is renamed.  secret: 32 bytes."""

    origin: str
    secret: bytes

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.secret).public_key().public_bytes_raw()

    def sign(self, size: int, root: bytes) -> str:
        """Return a signed checkpoint."""
        text = notes.text_of(self.origin, size, root)
        signature = Ed25519PrivateKey.from_private_bytes(self.secret).sign(text.encode())
        return notes.signed(text, self.origin, self.public, signature)

    def bears(self, told: notes.Told) -> bool:
        """Say whether a checkpoint bears this one's signature."""
        public = self.public
        hint, key = notes.hint_of(self.origin, public), Ed25519PublicKey.from_public_bytes(public)
        for name, packed in told.signatures:
            if name == self.origin == told.origin and packed[: notes.HINT_BYTES] == hint:
                try:
                    key.verify(packed[notes.HINT_BYTES :], told.text.encode())
                except InvalidSignature:
                    continue
                return True
        return False


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint as it was signed."""

    size: int
    root: bytes
    note: str
    at: datetime


def signer() -> Signer:
    """Return who signs, with a key made at the first call.  Two first calls at once keep one key."""
    path = folder() / KEY_FILE
    if not path.exists():
        _make_key(path)
    return _signer_of(path)


def signers() -> tuple[Signer, ...]:
    """Return everybody who signed for this book: who signs now, then the former ones."""
    return (signer(), *(_signer_of(path) for path in sorted(folder().glob(FORMER_KEYS))))


def read(note: str, ours: Sequence[Signer]) -> notes.Told:
    """Read a checkpoint that one of us signed.  Raises notes.BadNote, NotOurs."""
    told = notes.read(note)
    if not any(one.bears(told) for one in ours):
        raise NotOurs
    return told


def _signer_of(path: Path) -> Signer:
    """Read a key file."""
    origin, packed = path.read_text(encoding="ascii").split()
    return Signer(origin, base64.b64decode(packed))


def printed_key() -> str:
    """Return the public key as programs read it."""
    ours = signer()
    return notes.printed_key(ours.origin, ours.public)


def newest() -> Signed | None:
    """Return the newest checkpoint in the database, or None before the first."""
    row = Checkpoint.objects.order_by("-size").first()
    return None if row is None else Signed(row.size, bytes(row.root), row.note, row.at)


def seal(act: Act) -> int:
    """Give every entry of late its place and sign where the tree has grown; return how much was done.

    Due work: called each minute.  What it finds changed, it does not sign: it raises an alarm.
    """
    return sequence(act) + sign(act)


def seal_soon(act: Act) -> int:
    """As seal, for somebody who takes their entries along now; not where one was signed just now.

    One batch is placed at most, and no more is signed than one checkpoint in PAUSE: whoever asks again and
    again makes the book no longer than that.
    """
    last = newest()
    if last is not None and timedelta(0) <= act.at - last.at < PAUSE:
        return 0
    return sequence_soon() + sign(act)


def seal_all(act: Act) -> int:
    """As seal, for every entry without a place, however old."""
    return sequence_all() + sign(act)


def sign(act: Act) -> int:
    """Sign a checkpoint over the tree as it stands; return 1 if there is a new one.

    Raises an alarm instead where the tree does not begin with the one that was signed last.
    """
    try:
        with transaction.atomic():
            return _sign(act) if is_ours() else 0
    except (_Altered, Incomplete, NotOurs, notes.BadNote):
        alarm(act)
        return 0


def alarm(act: Act) -> None:
    """Raise the alarm that the book was altered, unless it was raised within the hour."""
    raised = count_of(brand=OPERATOR, verb=f"alarm.{ALTERED}.raised", since=act.at - AGAIN)
    if not raised:
        raise_alarm(act.of_brand(OPERATOR), kind=ALTERED, about=BOOK, clause=ClauseId(""))


class _Altered(Exception):
    """The tree is not the one that was signed."""


def begin_again(act: Act) -> int:
    """Go on after an older backup was restored: a new origin and key; return how many leaves were lost.

    The restored book is the beginning of the one that was signed, and that is proven first.  What was signed
    over more than it holds is put aside, never denied: it stays in the keyring folder with its key, and the
    book says that it began again.  Where nothing is lost, nothing is done.
    Raises NotOurs where the book is not the beginning of what was signed: then it is not only older.
    """
    with transaction.atomic():
        size, tree = size_now(), StoredTree()
        signed = [(read(row.note, signers()), row) for row in kept()]
        lost = max((told.size for told, _ in signed), default=0) - size
        if lost <= 0 or not is_ours():
            return 0
        for told, _ in signed:
            if told.size <= size and tree.root(told.size) != told.root:
                raise NotOurs
        number = len(signers())
        base = signer().origin.partition("/audit")[0]
        os.link(folder() / KEY_FILE, folder() / FORMER_KEYS.replace("*", str(number)))
        _fresh_key(f"{base}/audit/{number + 1}").replace(folder() / KEY_FILE)
        set_aside(number, [row for told, row in signed if told.size <= size])
    where = act.of_brand(OPERATOR)
    enter_apart(where, BEGUN_AGAIN, BOOK, category="", clause="", digest="", count=lost)
    return lost


def _sign(act: Act) -> int:
    """Prove that the tree only grew, then sign it.  The lock is ours."""
    size, tree = size_now(), StoredTree()
    last = _last()
    if last is not None:
        _demand_grown(last, size, tree)
    if size == 0 or Checkpoint.objects.filter(size=size).exists():
        return 0
    root = tree.root(size)
    note = signer().sign(size, root)
    if last is None or last.size < size:
        keep(note, act.at)
    Checkpoint.objects.create(size=size, root=root, note=note, at=act.at)
    return 1


def _last() -> notes.Told | None:
    """Return what was signed last, in the database or outside it.  Raises NotOurs, notes.BadNote."""
    ours, stored = signers(), newest()
    found = [read(row.note, ours) for row in kept()[-1:]]
    if stored is not None:
        told = read(stored.note, ours)
        if (told.size, told.root) != (stored.size, stored.root):
            raise _Altered
        found.append(told)
    return max(found, key=lambda told: told.size, default=None)


def _demand_grown(last: notes.Told, size: int, tree: StoredTree) -> None:
    """Raise _Altered unless the tree of `size` leaves begins with the one that was signed last."""
    if size < last.size:
        raise _Altered
    root = tree.root(size)
    proof = () if size == last.size else consistency_proof(last.size, size, tree.node_at)
    if not verify_consistency(last.size, size, last.root, root, proof):
        raise _Altered


def _fresh_key(origin: str) -> Path:
    """Write a new key into a file beside the key's, which only we may read."""
    secret = base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()
    fresh = folder() / f"{KEY_FILE}.{os.getpid()}.new"
    handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"{origin}\n{secret}\n")
        file.flush()
        os.fsync(file.fileno())
    return fresh


def _make_key(path: Path) -> None:
    """Put the first key down, never over another."""
    fresh = _fresh_key(f"{addresses.operator_host()}{addresses.port()}/audit")
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
