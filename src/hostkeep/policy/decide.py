"""The decision: may this role see this category for this purpose?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import Policy


@dataclass(frozen=True, slots=True)
class Ask:
    """One question put to a policy.  has: what the asker brings: "reason", "consent", "grant", "case", ..."""

    category: CategoryId
    purpose: PurposeId
    role: str
    has: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer.

    allowed  yes or no
    clause   the clause that says so; on a no without one, an empty text
    why      "permit", "silence" (nothing grants it), "no_category", "no_purpose", "no_role", or
             "needs:reason,case" (granted, if the asker brought these)
    """

    allowed: bool
    clause: ClauseId
    why: str


def decide(policy: Policy, ask: Ask) -> Decision:
    """Answer ask by policy: what is not granted is refused.

    Pure and total: any ask gets a Decision; nothing is raised, read or kept.
    """
    cell = policy.table.get((ask.category, ask.purpose, ask.role))
    if cell is None:
        closed = policy.closed_by.get("use", ClauseId(""))
        return _refused(closed, _gap(policy, ask))
    if cell.needs <= ask.has:
        return _permitted(cell.clause)
    return _refused(cell.clause, "needs:" + ",".join(sorted(cell.needs - ask.has)))


# Decisions are few and frozen, so the same one serves many questions: making it anew is half of the time.
@lru_cache(maxsize=4096)
def _permitted(clause: ClauseId) -> Decision:
    """Return the yes of a clause."""
    return Decision(True, clause, "permit")


@lru_cache(maxsize=4096)
def _refused(clause: ClauseId, why: str) -> Decision:
    """Return the no of a clause."""
    return Decision(False, clause, why)


def _gap(policy: Policy, ask: Ask) -> str:
    """Say what the policy lacks for ask, which no cell grants."""
    if ask.category not in policy.categories:
        return "no_category"
    if ask.purpose not in policy.purposes:
        return "no_purpose"
    if ask.role not in policy.roles:
        return "no_role"
    return "silence"
