"""What a person may object to, and what a restriction leaves.

A purpose that rests on our own interest can be objected to, one by one.  A restriction is the same for all
of them at once: what is stored stays, and is used no more but for what the customer keeps running, what they
agreed to, what the law obliges, claims, and their own rights.
Source: GDPR articles 18, 21; Vietnam's Law 91/2025 on personal data, article 4.
"""

from __future__ import annotations

from hostkeep.kernel.ids import PurposeId
from hostkeep.policy.book import Policy, Purpose

CLAIMS = frozenset({"dispute", "agreement", "terms_breach", "fraud_prevention", "technical_need"})
"""Purposes that serve claims, or keep others from harm: no objection reaches them.

Source: GDPR articles 18(2), 21(1): legal claims, and the rights of another person.
"""


def can_be_objected(purpose: Purpose) -> bool:
    """Say whether an objection to a purpose counts."""
    return purpose.basis == "legitimate_interest" and purpose.id not in CLAIMS


def objectable(policy: Policy) -> tuple[Purpose, ...]:
    """Return the purposes a person may object to, in the policy's order; none where it grants no right."""
    if not {"object", "restrict"} & set(policy.duties.rights):
        return ()
    return tuple(purpose for purpose in policy.purposes.values() if can_be_objected(purpose))


def stopped_by(policy: Policy, purpose: PurposeId, objections: frozenset[str]) -> bool:
    """Say whether objections of a person stop a purpose.

    objections  purposes objected to; the empty text among them is a restriction, and stops all that can be
    """
    known = policy.purposes.get(purpose)
    if known is None or not can_be_objected(known):
        return False
    return purpose in objections or "" in objections
