"""What of a bank's own id of a transfer can be kept."""

from __future__ import annotations

import hashlib
import re

LONGEST = 60

NO_ID = frozenset({
    "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOTAVAILABLE", "N/A", "NOREF", "NONE", "UNKNOWN",
})  # fmt: skip
"""What banks write where an id is wanted and they have none.  Taken as ids, files would collide."""

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_+-]*")


def is_plain(told: str) -> bool:
    """Tell whether an id can be kept as it is."""
    return len(told) <= LONGEST and PLAIN.fullmatch(told) is not None


def hashed(told: str) -> str:
    """Return a stand-in for an id that could hold anything."""
    return f"h-{hashlib.sha256(told.encode()).hexdigest()[:24]}"


def account_number(told: str) -> str:
    """Write an account number without spaces; empty if it is none."""
    number = re.sub(r"[\s.-]", "", told).upper()
    return number if is_plain(number) else ""
