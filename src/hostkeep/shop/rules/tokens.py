"""Tokens: random words that stand for a cart or for receipts; the tables keep only their hash."""

from __future__ import annotations

import hashlib


def hash_of(token: str) -> str:
    """Return the SHA-256 of a token as 64 hex digits: what the tables hold and are searched by."""
    return hashlib.sha256(token.encode()).hexdigest()


def receipts_token(cart_token: str) -> str:
    """Return the receipts token that belongs to a cart's token, 32 hex digits.

    It is derived, so that an order sent twice at once leads to one receipt; it does not lead back.
    """
    return hashlib.sha256(f"receipts {cart_token}".encode()).hexdigest()[:32]
