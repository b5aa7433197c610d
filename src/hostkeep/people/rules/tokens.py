"""How a random token is kept: as its hash alone."""

from __future__ import annotations

import hashlib


def hash_of(token: str) -> str:
    """Return the SHA-256 of a random text, hex.  It is random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
