"""Categories of tax and reasons for none, by the codes that invoices carry.

Source: EN 16931-1, BT-118, BT-151 (categories: UNTDID 5305) and BT-121 (reasons: the code list VATEX);
BR-S-5 to BR-O-5 (only the standard category bears a rate), BR-E-10, BR-AE-10, BR-IC-10, BR-G-10, BR-O-10 (a
reason stands with these), BR-S-10, BR-Z-10 (none stands with those).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

STANDARD = "S"
ZERO = "Z"
EXEMPT = "E"
REVERSE = "AE"
INTRA = "K"
EXPORT = "G"
OUTSIDE = "O"

CATEGORIES: Mapping[str, str] = MappingProxyType({
    STANDARD: "standard rate",
    ZERO: "zero rated goods",
    EXEMPT: "exempt from tax",
    REVERSE: "reverse charge",
    INTRA: "intra-community supply of goods",
    EXPORT: "free export, tax not charged",
    OUTSIDE: "not subject to tax",
})  # fmt: skip
"""The codes that documents may carry, and the name EN 16931 gives each."""

REASON_REVERSE = "VATEX-EU-AE"
REASON_INTRA = "VATEX-EU-IC"
REASON_EXPORT = "VATEX-EU-G"
REASON_OUTSIDE = "VATEX-EU-O"

NEEDS: Mapping[str, str] = MappingProxyType({
    REVERSE: REASON_REVERSE, INTRA: REASON_INTRA, EXPORT: REASON_EXPORT, OUTSIDE: REASON_OUTSIDE,
})  # fmt: skip
"""The one reason that belongs to a category; an exempt line names its own."""

REASON = re.compile(r"VATEX-[A-Z]{2}-[A-Z0-9-]{1,15}\Z")
"""A code of the list VATEX: a place, then a paragraph or a word."""


def fits(category: str, exemption: str, rate: int) -> bool:
    """Say whether a line may carry a category with this reason and rate (millionths).

    A standard line over nothing is one of a seller who states no tax; it has no reason.
    """
    if category not in CATEGORIES:
        return False
    if category == STANDARD:
        return not exemption
    if rate:
        return False
    if category == ZERO:
        return not exemption
    return not exemption or REASON.match(exemption) is not None
