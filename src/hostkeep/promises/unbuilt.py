"""Clauses whose control is not built yet: the ledger shows them grey and says so.

A test compares this list with the brands' policies and the book: an id leaves it with the control that comes.
"""

from __future__ import annotations

from hostkeep.kernel.ids import ClauseId

NOT_BUILT_YET: frozenset[ClauseId] = frozenset(
    ClauseId(clause)
    for clause in (
        "VF-2", "VF-4", "VF-5", "VF-6", "VF-7", "VF-8", "VF-10",
        "V6-1", "V6-3", "V6-4", "V6-5", "V6-6", "V6-7", "V6-8", "V6-12", "V6-13", "V6-14",
        "V6-17",
        "PH-2", "PH-3", "PH-5", "PH-6", "PH-8", "PH-9", "PH-10", "PH-11", "PH-12", "PH-13",
        "VPN-1", "VPN-2", "VPN-4", "VPN-7", "VPN-8", "VPN-11", "VPN-12", "VPN-13",
        "VPN-14",
        "VS-1", "VS-2", "VS-3", "VS-5", "VS-6", "VS-7", "VS-8", "VS-9", "VS-10", "VS-11", "VS-12", "VS-13",
        "VS-14", "VS-15", "VS-16", "VS-18",
    )
)  # fmt: skip
