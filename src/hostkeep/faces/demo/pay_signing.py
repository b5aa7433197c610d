"""Signatures on the test gateway's own side: HMAC-SHA256 over the time and the message, both ways.

Written apart from the shop's driver on purpose: the two sides share a secret and a sentence of protocol, no
code.
"""

from __future__ import annotations

import hashlib
import hmac

FIVE_MINUTES = 300


def signature(secret: str, *, stamp: str, message: bytes) -> str:
    """Return the signature of a message sent at a time.  stamp: Unix seconds, as text."""
    return "v1=" + hmac.new(secret.encode(), f"{stamp}.".encode() + message, hashlib.sha256).hexdigest()


def is_signed(secret: str, *, stamp: str, message: bytes, said: str, now: float) -> bool:
    """Tell whether a shop's request is signed with our secret and fresh."""
    if not stamp.isascii() or not stamp.isdecimal():
        return False
    right = hmac.compare_digest(signature(secret, stamp=stamp, message=message).encode(), said.encode())
    return right and abs(now - int(stamp)) <= FIVE_MINUTES
