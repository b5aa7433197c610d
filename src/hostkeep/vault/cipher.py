"""Sealing and opening: AES-256-GCM for values, AES-SIV where equal values must stay equal."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from hostkeep.vault import keys

PREFIX = "s1."
COLUMN_MARK = "c1."
"""What every sealed column's text begins with."""
SHORTEST = 256
"""Bytes that the shortest value of a column is filled up to; longer ones to the next power of two."""


class BrokenSeal(Exception):
    """A box that does not open: moved, altered or under another key."""


def seal(value: str, *, key: bytes, about: bytes) -> bytes:
    """Seal a value under a data key, bound to what it is about.  Source: NIST SP 800-38D."""
    nonce = secrets.token_bytes(keys.NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, value.encode(), about)


def unseal(box: bytes, *, key: bytes, about: bytes) -> str:
    """Open a box.  Raises BrokenSeal."""
    try:
        return AESGCM(key).decrypt(box[: keys.NONCE_BYTES], box[keys.NONCE_BYTES :], about).decode()
    except (InvalidTag, ValueError):  # ValueError: too short to be a box
        raise BrokenSeal from None


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
    """Seal a text under the epoch's key for one use ("session", "totp"), as URL-safe text."""
    box = seal(value, key=keys.key_for(use), about=use.encode())
    return base64.urlsafe_b64encode(box).decode()


def unseal_for(use: str, text: str) -> str:
    """Open what seal_for sealed.  Raises BrokenSeal."""
    try:
        box = base64.urlsafe_b64decode(text.encode())
    except ValueError:
        raise BrokenSeal from None
    return unseal(box, key=keys.key_for(use), about=use.encode())


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

    Lower-cased.  The text is "s1." and lower-case base32 of brand and ciphertext: it fits varchar(254) for
    addresses up to 120 bytes and survives LOWER().  Source: RFC 5297.
    """
    siv = AESSIV(keys.key_for("login", length=64))
    box = siv.encrypt(address.lower().encode(), [brand.encode()])
    whole = len(brand).to_bytes(1) + brand.encode() + box
    return PREFIX + base64.b32encode(whole).decode().rstrip("=").lower()


def unseal_login(text: str) -> str:
    """Open a sealed login address.  Raises BrokenSeal."""
    raw = text.removeprefix(PREFIX).upper()
    try:
        whole = base64.b32decode(raw + "=" * (-len(raw) % 8))
        brand, box = whole[1 : 1 + whole[0]], whole[1 + whole[0] :]
        return AESSIV(keys.key_for("login", length=64)).decrypt(box, [brand]).decode()
    except (InvalidTag, ValueError, IndexError):
        raise BrokenSeal from None


def is_sealed_login(text: str) -> bool:
    """Say whether a text looks like a sealed address."""
    return text.startswith(PREFIX)


def keyed_hash(use: str, text: str) -> str:
    """Return an HMAC-SHA-256 of a text for one use, hex."""
    return hmac.new(keys.key_for(use), text.encode(), hashlib.sha256).hexdigest()
