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
    except InvalidTag:
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
