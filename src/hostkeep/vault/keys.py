"""The keyring: wrapping keys outside PostgreSQL, one file an epoch, and a list that says which is written.

The folder may be shared by several machines.  It is looked at before each use, by one stat of one file, so
that every process follows a change without a restart, and forgets a key as soon as it is taken off the list.
Changing the folder is the work of epochs.py.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop

KEY_BYTES = 32
NONCE_BYTES = 12
LIST = "epochs.json"
"""Names the epochs that may be read and the one that is written under: {"reads": [1], "writes": 1}."""


class WrongKeyring(Foreseen):
    """The keyring folder does not belong to this database."""

    code = "vault.keyring.wrong"
    title = gettext_noop("The keyring folder does not belong to this database; nothing in it would open.")
    status = 503


@dataclass(frozen=True, slots=True)
class Ring:
    """What a keyring folder holds.

    list    the list's own path, made once: it is looked at before every use of a key
    stamp   changes with every change of the list
    epochs  those that may be read, oldest first
    writes  the one that is written under
    """

    place: Path
    list: Path
    stamp: tuple[int, int, int]
    epochs: tuple[int, ...]
    writes: int
    _known: dict[tuple[int, str, int], bytes] = field(default_factory=dict, repr=False, compare=False)


_ring: list[Ring] = []
_turn = threading.Lock()


def folder() -> Path:
    """Return the keyring folder."""
    return Path(settings.HOSTKEEP.keyring)


def ring() -> Ring:
    """Return what the folder holds now, making the first epoch in an empty one."""
    known = _ring[0] if _ring else None
    if known is not None and known.place == settings.HOSTKEEP.keyring and known.stamp == _stamp(known.list):
        return known
    with _turn:
        fresh = _read(folder())
        _ring[:] = [fresh]
        return fresh


def current_epoch() -> int:
    """Return the epoch that is written under, making the first one in an empty folder."""
    return ring().writes


current_epoch_cached = current_epoch


def epochs() -> tuple[int, ...]:
    """Return the epochs that may be read: first the one that is written under, then the others, newest first.

    More than one only while a roll is under way.
    """
    now = ring()
    return (now.writes, *(n for n in reversed(now.epochs) if n != now.writes))


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return what tells one list from the next; zeros where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _read(place: Path) -> Ring:
    """Read the folder.  Raises WrongKeyring where the list is not readable or a key of it is missing."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    if not (place / LIST).exists():
        _begin(place)
    path = place / LIST
    stamp = _stamp(path)
    try:
        told = json.loads(path.read_text(encoding="ascii"))
        reads, writes = tuple(sorted(int(n) for n in told["reads"])), int(told["writes"])
    except (ValueError, KeyError, TypeError, OSError):
        raise WrongKeyring from None
    if writes not in reads:
        raise WrongKeyring
    return Ring(place, path, stamp, reads, writes)


def _begin(place: Path) -> None:
    """Put the first list down: all that lies there is read, the newest is written under."""
    found = epochs_in(place)
    if not found:
        write_key(place / key_name(1), secrets.token_bytes(KEY_BYTES))
        found = (1,)
    write_list(place, reads=found, writes=found[-1], over_another=None)


def key_name(epoch: int) -> str:
    """Return the name of an epoch's file."""
    return f"epoch-{epoch}.key"


def epochs_in(place: Path) -> tuple[int, ...]:
    """Return the epochs whose files lie in a folder, oldest first."""
    names = (path.stem.removeprefix("epoch-") for path in place.glob("epoch-*.key"))
    return tuple(sorted(int(name) for name in names if name.isdigit()))


def write_key(path: Path, key: bytes) -> None:
    """Write a key file that only we may read, never over another.  Two first starts at once keep one key."""
    fresh = _fresh(path, key)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    sync(path.parent)


def write_list(place: Path, *, reads: tuple[int, ...], writes: int, over_another: Ring | None) -> None:
    """Put a list down, at once or not at all.

    over_another  the list it replaces; None: the first one, which leaves a list that is there alone
    """
    text = json.dumps({"reads": list(reads), "writes": writes})
    fresh = _fresh(place / LIST, text.encode())
    if over_another is not None:
        fresh.replace(place / LIST)
    else:
        try:
            os.link(fresh, place / LIST)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    sync(place)


def _fresh(path: Path, content: bytes) -> Path:
    """Write a file beside another one, on the disk, readable by us alone."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.new")
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return fresh


def sync(place: Path) -> None:
    """Wait until a folder's names stand on the disk."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _wrapping_key(epoch: int) -> bytes:
    """Return an epoch's key.  Raises WrongKeyring if it is not on the list or its file is not whole."""
    return _remembered(epoch, "", KEY_BYTES)


def _remembered(epoch: int, use: str, length: int) -> bytes:
    """Return a key of an epoch, known as long as the list stands unchanged."""
    now = ring()
    if epoch not in now.epochs:
        raise WrongKeyring
    known = now._known.get((epoch, use, length))  # noqa: SLF001  our own dataclass
    if known is None:
        known = _derive(_remembered(epoch, "", KEY_BYTES), use, length) if use else _load(now.place, epoch)
        now._known[epoch, use, length] = known  # noqa: SLF001  as above
    return known


def _load(place: Path, epoch: int) -> bytes:
    """Read an epoch's key.  Raises WrongKeyring if it is not there."""
    try:
        key = (place / key_name(epoch)).read_bytes()
    except FileNotFoundError:
        raise WrongKeyring from None
    if len(key) != KEY_BYTES:
        raise WrongKeyring
    return key


def _derive(master: bytes, use: str, length: int) -> bytes:
    """Derive a key for one use.  Source: RFC 5869."""
    info = f"hostkeep/{use}".encode()
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=info).derive(master)


def key_for(use: str, *, length: int = KEY_BYTES) -> bytes:
    """Return the key for one use ("login", "session", "cache", "totp") of the epoch that is written under."""
    return _remembered(current_epoch(), use, length)


def key_of(epoch: int, use: str, *, length: int = KEY_BYTES) -> bytes:
    """Return an epoch's key for one use, to open what was sealed while it was written under.

    Raises WrongKeyring if the epoch is not in the keyring.
    """
    return _remembered(epoch, use, length)


def new_data_key() -> bytes:
    """Return a fresh random data key."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(data_key: bytes, *, epoch: int, about: bytes) -> bytes:
    """Wrap a data key under an epoch's key.  about: what it is bound to."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_wrapping_key(epoch)).encrypt(nonce, data_key, about)


def unwrap(wrapped: bytes, *, epoch: int, about: bytes) -> bytes:
    """Unwrap a data key.  Raises cryptography's InvalidTag if it was moved or altered."""
    return AESGCM(_wrapping_key(epoch)).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], about)


def opener(epoch: int) -> AESGCM:
    """Return what unwraps many keys of one epoch, for one deed: nobody keeps it.  Raises WrongKeyring."""
    return AESGCM(_wrapping_key(epoch))


def proof_of(nonce: bytes, *, epoch: int) -> bytes:
    """Return the proof that this folder holds an epoch's key."""
    return proof_by(_wrapping_key(epoch), nonce)


def proof_by(key: bytes, nonce: bytes) -> bytes:
    """Return the proof that a key makes.  Source: RFC 2104."""
    return hmac.new(key, b"keyring" + nonce, hashlib.sha256).digest()
