"""Tighten a compiled policy by the law of the places it names.

An overlay removes permissions, asks for consent, shortens answers and adds rights; it never does the reverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from hostkeep.policy.book import Policy
from hostkeep.policy.overlays import eu, us, vn
from hostkeep.policy.overlays.steps import Step
from hostkeep.policy.tightening import Tightening

OVERLAYS: Mapping[str, tuple[Step, ...]] = MappingProxyType(
    {"eu": eu.STEPS, "vn": vn.STEPS, "us": us.FEDERAL, "us-ca": us.CALIFORNIA}
)
"""The steps of each place."""


def tightened(policy: Policy) -> Policy:
    """Return policy as strict as its places ask; Policy.tightened tells what changed, and by which law.

    Where two laws tighten one thing, the stricter is named.  The digest stays that of the source.
    """
    notes: dict[str, Tightening] = {}
    for place, steps in OVERLAYS.items():
        for step in steps if place in policy.jurisdictions else ():
            policy, found = step(policy)
            notes.update({note.thing: note for note in found})
    return replace(policy, tightened=tuple(notes.values()))
