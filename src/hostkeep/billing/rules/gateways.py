"""Which ways to pay a brand may offer."""

from __future__ import annotations

from collections.abc import Iterable

from hostkeep.kernel.ids import CategoryId, ClauseId
from hostkeep.policy.book import Policy

FINANCIAL = frozenset({CategoryId("bank_account"), CategoryId("card"), CategoryId("other_financial")})
"""Categories that a way to pay can bring into the house."""

CARD = CategoryId("card")
"""What a stored method is, for the policy."""

BY_HAND = "manual"
WAYS_BY_HAND = ("cash", "cheque", "other")
"""How staff are given money."""

KEPT = frozenset({CARD, CategoryId("other_financial")})


def offered(policy: Policy, *, installed: Iterable[str], chosen: Iterable[str]) -> tuple[str, ...]:
    """Return the gateways a brand may offer, in the order the brand chose.

    installed  names of drivers that are there and set up
    chosen     what the brand's owner wants
    """
    there = set(installed)
    return tuple(name for name in chosen if name in there and name in policy.gateways)


def refusing_clause(policy: Policy) -> ClauseId:
    """Return the clause that keeps a gateway out which the policy does not name, or an empty id.

    The clause that keeps financial information out of the house, where there is one.
    """
    for never in policy.never:
        if never.categories & FINANCIAL:
            return never.clause
    return policy.closed_by.get("use", ClauseId(""))


def not_kept_by(policy: Policy) -> ClauseId | None:
    """Return the clause by which no method may be stored, or None where the policy lets them be.

    A clause that keeps cards or other financial details out; else, where the policy has no category for them,
    the one that says that nothing else is collected (an empty id where none does).
    """
    for never in policy.never:
        if never.categories & KEPT:
            return never.clause
    if CARD in policy.categories:
        return None
    return policy.closed_by.get("collect") or policy.closed_by.get("use", ClauseId(""))
