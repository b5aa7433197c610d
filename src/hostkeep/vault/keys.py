"""The keyring: wrapping keys outside PostgreSQL, one file an epoch."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop

KEY_BYTES = 32
NONCE_BYTES = 12


class WrongKeyring(Foreseen):
    """The keyring folder does not belong to this database."""

    code = "vault.keyring.wrong"
    title = gettext_noop("The keyring folder does not belong to this database; nothing in it would open.")
    status = 503


def folder() -> Path:
    """Return the keyring folder."""
    return Path(settings.HOSTKEEP.keyring)


def current_epoch() -> int:
    """Return the newest epoch in the keyring, making the first one in an empty folder."""
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    epochs = sorted(int(p.stem.removeprefix("epoch-")) for p in place.glob("epoch-*.key"))
    if epochs:
        return epochs[-1]
    _write_key(place / "epoch-1.key", secrets.token_bytes(KEY_BYTES))
    return 1


def _write_key(path: Path, key: bytes) -> None:
    """Write a key file that only we may read, never over another.  Two first starts at once keep one key."""
    fresh = path.with_suffix(f".{os.getpid()}.new")
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


@lru_cache(maxsize=16)
def _wrapping_key(place: Path, epoch: int) -> bytes:
    """Read an epoch's key.  Raises WrongKeyring if it is not there."""
    try:
        key = (place / f"epoch-{epoch}.key").read_bytes()
    except FileNotFoundError:
        raise WrongKeyring from None
    if len(key) != KEY_BYTES:
        raise WrongKeyring
    return key


@lru_cache(maxsize=64)
def _derived(place: Path, epoch: int, use: str, length: int) -> bytes:
    """Derive a key for one use.  Source: RFC 5869."""
    master = _wrapping_key(place, epoch)
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=f"hostkeep/{use}".encode()).derive(
        master
    )


def key_for(use: str, *, length: int = KEY_BYTES) -> bytes:
    """Return the current epoch's key for one use: "login", "session", "cache", "totp"."""
    return _derived(folder(), current_epoch_cached(), use, length)


def key_of(epoch: int, use: str) -> bytes:
    """Return an epoch's key for one use, to open what was sealed while it was the current one.

    Raises WrongKeyring if the epoch is not in the keyring.
    """
    return _derived(folder(), epoch, use, KEY_BYTES)


_epoch: list[tuple[Path, int]] = []


def current_epoch_cached() -> int:
    """Return the current epoch without reading the folder again."""
    if not _epoch or _epoch[0][0] != folder():
        _epoch[:] = [(folder(), current_epoch())]
    return _epoch[0][1]


def new_data_key() -> bytes:
    """Return a fresh random data key."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(data_key: bytes, *, epoch: int, about: bytes) -> bytes:
    """Wrap a data key under an epoch's key.  about: what it is bound to."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_wrapping_key(folder(), epoch)).encrypt(nonce, data_key, about)


def unwrap(wrapped: bytes, *, epoch: int, about: bytes) -> bytes:
    """Unwrap a data key.  Raises cryptography's InvalidTag if it was moved or altered."""
    return AESGCM(_wrapping_key(folder(), epoch)).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], about)


def proof_of(nonce: bytes, *, epoch: int) -> bytes:
    """Return the proof that this folder holds an epoch's key."""
    return hmac.new(_wrapping_key(folder(), epoch), b"keyring" + nonce, hashlib.sha256).digest()
