"""References that nobody guesses, for transfers that no document is for."""

from __future__ import annotations

import secrets

from hostkeep.billing.rules.numbering import reference

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 after Crockford: no letters that are taken for digits."""

TOP_UP, BACK = "TU", "BK"
"""What one begins with: of a top-up, and of money that is sent back."""


def random_reference(head: str) -> str:
    """Return a creditor reference at random: "RF72TU7K2M9Q0PX4WD"."""
    return reference(head + "".join(secrets.choice(LETTERS) for _ in range(12)))
