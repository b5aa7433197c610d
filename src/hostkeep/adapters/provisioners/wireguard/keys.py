"""X25519 key pairs in WireGuard's own spelling."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


@dataclass(frozen=True, slots=True, repr=False)
class KeyPair:
    """A private key and its public half, 32 bytes each in base64."""

    private: str
    public: str


def new_pair() -> KeyPair:
    """Make a key pair.  Source: RFC 7748, section 5, for the three bits that are set and cleared."""
    raw = bytearray(X25519PrivateKey.generate().private_bytes_raw())
    raw[0] &= 248
    raw[31] = (raw[31] & 127) | 64
    private = base64.b64encode(bytes(raw)).decode()
    return KeyPair(private, public_of(private))


def public_of(private: str) -> str:
    """Return the public half of a private key.  Raises ValueError on what is no key."""
    raw = base64.b64decode(private, validate=True)
    key = X25519PrivateKey.from_private_bytes(raw)
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
