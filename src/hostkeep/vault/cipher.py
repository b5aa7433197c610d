"""Sealing and opening: AES-256-GCM for values, AES-SIV where equal values must stay equal."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from struct import Struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from hostkeep.vault import keys

_SEALED_LOGIN = re.compile(r"s([1-9][0-9]{0,8})\.[a-z2-7]+", re.ASCII)
FIRST = 1
"""The epoch of what was sealed before seals named theirs."""
COLUMN_MARK = "c1."
"""What every sealed column's text begins with."""
SHORTEST = 256
"""Bytes that the shortest value of a column is filled up to; longer ones to the next power of two."""


DataKey = AESGCM
"""A data key, set up to open many boxes."""


class BrokenSeal(Exception):
    """A box that does not open: moved, altered or under another key."""


def seal(value: str, *, key: bytes, about: bytes) -> bytes:
    """Seal a value under a data key, bound to what it is about.  Source: NIST SP 800-38D."""
    nonce = secrets.token_bytes(keys.NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value.encode(), about)


def unseal(box: bytes, *, key: bytes, about: bytes) -> str:
    """Open a box.  Raises BrokenSeal."""
    return opened(box, AESGCM(key), about)


def seal_bytes(value: bytes, *, key: bytes, about: bytes) -> bytes:
    """Seal bytes, as `seal`."""
    nonce = secrets.token_bytes(keys.NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value, about)


def unseal_bytes(box: bytes, *, key: bytes, about: bytes) -> bytes:
    """Open what seal_bytes sealed.  Raises BrokenSeal."""
    try:
        return AESGCM(key).decrypt(box[: keys.NONCE_BYTES], box[keys.NONCE_BYTES :], about)
    except (InvalidTag, ValueError):
        raise BrokenSeal from None


def seal_for(use: str, value: str) -> str:
    """Seal a text under the epoch's key for one use ("session", "totp"): the epoch, ".", URL-safe base64."""
    epoch = keys.current_epoch()
    box = seal(value, key=keys.key_of(epoch, use), about=use.encode())
    return f"{epoch}.{base64.urlsafe_b64encode(box).decode()}"


def epoch_of(text: str) -> int:
    """Return under which epoch seal_for sealed a text.  Raises BrokenSeal."""
    epoch, dot, _ = text.partition(".")
    if not dot:
        return FIRST
    if not epoch.isdecimal():
        raise BrokenSeal
    return int(epoch)


def unseal_for(use: str, text: str) -> str:
    """Open what seal_for sealed.  Raises BrokenSeal, for a text under a destroyed epoch too."""
    epoch = epoch_of(text)
    try:
        box = base64.urlsafe_b64decode(text.rpartition(".")[2].encode())
        key = keys.key_of(epoch, use)
    except (ValueError, keys.WrongKeyring):
        raise BrokenSeal from None
    return unseal(box, key=key, about=use.encode())


def seal_column(value: str, *, place: str) -> str:
    """Seal the JSON text of a column: "c1.", the epoch, ".", and URL-safe base64.

    place  "table.column", which the seal is bound to
    The text is filled up with spaces, which JSON overlooks: where a catalogue is public, a length would tell
    which of its products stands here.
    """
    epoch = keys.current_epoch_cached()
    size = max(SHORTEST, 1 << (len(value.encode()) - 1).bit_length())
    filled = value + " " * (size - len(value.encode()))
    box = seal(filled, key=keys.key_of(epoch, "column"), about=place.encode())
    return f"{COLUMN_MARK}{epoch}.{base64.urlsafe_b64encode(box).decode()}"


def unseal_column(text: str, *, place: str) -> str:
    """Open what seal_column sealed for this place.  Raises BrokenSeal, and WrongKeyring for a lost epoch."""
    try:
        epoch, _, packed = text.removeprefix(COLUMN_MARK).partition(".")
        number, box = int(epoch), base64.urlsafe_b64decode(packed.encode())
    except ValueError:
        raise BrokenSeal from None
    if not text.startswith(COLUMN_MARK):
        raise BrokenSeal
    return unseal(box, key=keys.key_of(number, "column"), about=place.encode())


def seal_login(address: str, *, brand: str) -> str:
    """Seal a login address so that one brand's equal addresses stay equal, and two brands' do not.

    Lower-cased.  The text is "s", the epoch, "." and lower-case base32 of brand and ciphertext: it fits
    varchar(254) for addresses up to 120 bytes and survives LOWER().  Source: RFC 5297.
    """
    return _seal_login(keys.current_epoch(), address, brand)


def forms_of_login(text: str) -> tuple[str, ...]:
    """Return every text under which a sealed address may stand: two while a roll is under way, else one.

    A text that does not open has its own form alone.
    """
    try:
        address, brand = _open_login(text)
    except BrokenSeal:
        return (text,)
    return tuple(_seal_login(epoch, address, brand) for epoch in keys.epochs())


def _seal_login(epoch: int, address: str, brand: str) -> str:
    """Seal a login address under one epoch."""
    siv = AESSIV(keys.key_of(epoch, "login", length=64))
    box = siv.encrypt(address.lower().encode(), [brand.encode()])
    whole = len(brand).to_bytes(1) + brand.encode() + box
    return f"s{epoch}." + base64.b32encode(whole).decode().rstrip("=").lower()


def unseal_login(text: str) -> str:
    """Open a sealed login address.  Raises BrokenSeal, for one under a destroyed epoch too."""
    return _open_login(text)[0]


def reseal_login(text: str) -> str:
    """Seal a sealed login address anew, under the epoch that is written under.  Raises BrokenSeal."""
    address, brand = _open_login(text)
    return seal_login(address, brand=brand)


def _open_login(text: str) -> tuple[str, str]:
    """Return the address and the brand of a sealed login address.  Raises BrokenSeal."""
    found = _SEALED_LOGIN.fullmatch(text)
    if found is None:
        raise BrokenSeal
    raw = text.partition(".")[2].upper()
    try:
        whole = base64.b32decode(raw + "=" * (-len(raw) % 8))
        brand, box = whole[1 : 1 + whole[0]], whole[1 + whole[0] :]
        siv = AESSIV(keys.key_of(int(found[1]), "login", length=64))
        return siv.decrypt(box, [brand]).decode(), brand.decode()
    except (InvalidTag, ValueError, IndexError, keys.WrongKeyring):
        raise BrokenSeal from None


def is_sealed_login(text: str) -> bool:
    """Say whether a text looks like a sealed address; no address does, as it holds an "@"."""
    return _SEALED_LOGIN.fullmatch(text) is not None


def keyed_hash(use: str, text: str) -> str:
    """Return an HMAC-SHA-256 of a text for one use, hex."""
    return _hash_of(keys.current_epoch(), use, text)


HASH_EPOCH = 4
"""Hex digits of the epoch at the head of a dated hash."""


def dated_hash(use: str, text: str) -> str:
    """Return a keyed hash that names its epoch: 4 hex digits of the epoch, 60 of the HMAC."""
    return _dated(keys.current_epoch(), use, text)


def dated_hashes(use: str, text: str) -> tuple[str, ...]:
    """Return every dated hash that a text may have now: two while a roll is under way, else one."""
    return tuple(_dated(epoch, use, text) for epoch in keys.epochs())


def is_of_one_epoch(one: str, other: str) -> bool:
    """Say whether two dated hashes were made under the same epoch, so that they can be compared."""
    return one[:HASH_EPOCH] == other[:HASH_EPOCH]


def date_of(epoch: int) -> str:
    """Return what a dated hash of an epoch begins with."""
    return f"{epoch:0{HASH_EPOCH}x}"


def _dated(epoch: int, use: str, text: str) -> str:
    return date_of(epoch) + _hash_of(epoch, use, text)[: 64 - HASH_EPOCH]


def _hash_of(epoch: int, use: str, text: str) -> str:
    return hmac.new(keys.key_of(epoch, use), text.encode(), hashlib.sha256).hexdigest()


class Hasher:
    """Makes many HMAC-SHA-256 under one key, set up once: else that is most of it.  Source: RFC 2104."""

    __slots__ = ("_ready",)

    def __init__(self, key: bytes) -> None:
        self._ready = HMAC(key, SHA256())

    def digest(self, text: bytes) -> bytes:
        """Return the 32 bytes for a text."""
        fresh = self._ready.copy()
        fresh.update(text)
        return fresh.finalize()


def opened(box: bytes, key: DataKey, about: bytes) -> str:
    """Open a box with a data key that was set up before.  Raises BrokenSeal."""
    try:
        return key.decrypt(box[: keys.NONCE_BYTES], box[keys.NONCE_BYTES :], about).decode()
    except (InvalidTag, ValueError):  # ValueError: too short to be a box
        raise BrokenSeal from None


class Opener:
    """Unwraps many data keys in one deed: each wrapping key is set up once.  Not kept longer."""

    __slots__ = ("_wrapping",)

    def __init__(self) -> None:
        self._wrapping: dict[int, AESGCM] = {}

    def data_key(self, *, epoch: int, wrapped: bytes, about: bytes) -> bytes:
        """Unwrap a data key.  Raises BrokenSeal if it was moved or altered, WrongKeyring for a lost epoch."""
        known = self._wrapping.get(epoch)
        if known is None:
            known = self._wrapping[epoch] = keys.opener(epoch)
        try:
            return known.decrypt(wrapped[: keys.NONCE_BYTES], wrapped[keys.NONCE_BYTES :], about)
        except (InvalidTag, ValueError):
            raise BrokenSeal from None


PACKED = Struct(">16x4I")
"""The head of a row of a Scan."""


class Scan:
    """Opens many rows, each under a data key of its own, for a look through all of them.

    broken  how many did not open: moved or altered
    """

    __slots__ = ("_wrapping", "broken")

    def __init__(self) -> None:
        self._wrapping: dict[int, AESGCM] = {}
        self.broken = 0

    def open_all(self, rows: Iterable[bytes]) -> list[str]:
        """Return what stands in each row, an empty text for one that does not open.

        A row is PACKED (16 bytes of anything, the epoch, three lengths), then the wrapped data key, what that
        is bound to, what the box is bound to, and the box.
        Raises WrongKeyring for a lost epoch.
        """
        known, cut, start = self._wrapping, keys.NONCE_BYTES, PACKED.size
        found: list[str] = []
        for row in rows:
            epoch, wrapped, of_key, of_box = PACKED.unpack_from(row)
            sealed_ends = start + wrapped
            key_ends = sealed_ends + of_key
            sealed, about_key = row[start:sealed_ends], row[sealed_ends:key_ends]
            about, box = row[key_ends : key_ends + of_box], row[key_ends + of_box :]
            wrapping = known.get(epoch) or known.setdefault(epoch, keys.opener(epoch))
            try:
                key = AESGCM(wrapping.decrypt(sealed[:cut], sealed[cut:], about_key))
                found.append(key.decrypt(box[:cut], box[cut:], about).decode())
            except (InvalidTag, ValueError):
                self.broken += 1
                found.append("")
        return found
