"""What a policy lets a person consent to: purposes on consent, and recipients who receive by consent alone.

Everything else is no matter of consent: a yes to it would be a yes to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import Policy, Text


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing that a person may say yes or no to.

    recipient   id of a recipient of the policy, or empty: a use of our own
    clause      the clause that asks for the consent
    label       what people read
    categories  the data it is about, sorted
    """

    purpose: PurposeId
    recipient: str
    clause: ClauseId
    label: Text
    categories: tuple[CategoryId, ...]


def matters_of(policy: Policy) -> tuple[Matter, ...]:
    """Return all that a person can consent to under a policy: own purposes first, then recipients."""
    own = tuple(
        Matter(each.id, "", _clause(policy, each.id), each.label, _read_for(policy, each.id))
        for each in policy.purposes.values()
        if each.basis == "consent"
    )
    given = tuple(
        Matter(purpose, each.id, each.clause, each.label, tuple(sorted(each.categories)))
        for each in policy.recipients.values()
        if each.basis == "consent"
        for purpose in sorted(each.purposes)
    )
    return own + given


def matter_of(policy: Policy, purpose: str, recipient: str = "") -> Matter | None:
    """Return one matter of consent, or None where the policy knows no such consent."""
    wanted = (purpose, recipient)
    return next((each for each in matters_of(policy) if (each.purpose, each.recipient) == wanted), None)


def asked_by_cookie(policy: Policy, matter: Matter) -> bool:
    """Say whether a consent is one to a cookie: it is asked in the browser, where the cookie would be set."""
    asked = (each.asked for each in policy.cookies.values() if each.purpose == matter.purpose)
    return not matter.recipient and any(asked)


def clause_without(policy: Policy, recipient: str) -> ClauseId:
    """Return the clause to name where something is no matter of consent."""
    kind = "disclose" if recipient else "use"
    return policy.closed_by.get(kind, ClauseId(""))


def covers(policy: Policy, purpose: str, category: str, recipient: str = "") -> bool:
    """Say whether a consent given under this version reaches a category.

    A later version that lets a purpose read more does not widen the consents given before it.
    Source: GDPR recital 32: consent covers what it was asked for.
    """
    if recipient:
        known = policy.recipients.get(recipient)
        if known is None or known.basis != "consent" or purpose not in known.purposes:
            return False
        return category in known.categories
    own = policy.purposes.get(PurposeId(purpose))
    if own is None or own.basis != "consent":
        return False
    return any((CategoryId(category), own.id, role) in policy.table for role in policy.roles)


def _clause(policy: Policy, purpose: PurposeId) -> ClauseId:
    """Return the clause that asks: of the messages or the cookie for this purpose, else of its first use."""
    asking = [each.clause for each in policy.streams.values() if each.purpose == purpose]
    asking += [each.clause for each in policy.cookies.values() if each.purpose == purpose and each.asked]
    asking += [cell.clause for (_, why, _), cell in policy.table.items() if why == purpose]
    return next(iter(asking), clause_without(policy, ""))


def _read_for(policy: Policy, purpose: PurposeId) -> tuple[CategoryId, ...]:
    """Return the categories that somebody may read for a purpose."""
    return tuple(sorted({category for (category, why, _) in policy.table if why == purpose}))
