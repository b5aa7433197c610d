"""Which clauses of a policy something speaks against that no clause names: found in clear, or not swept.

The policy decides, clause by clause; nothing here knows a brand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from hostkeep.kernel import detectors
from hostkeep.kernel.ids import CategoryId, ClauseId
from hostkeep.policy.book import Policy

AT_REST = "dpv:EncryptionAtRest"

SHOWN_BY: Mapping[str, tuple[CategoryId, ...]] = MappingProxyType({
    detectors.EMAIL: (CategoryId("email"),),
    detectors.PHONE: (CategoryId("phone"),),
    detectors.IP: (CategoryId("ip"), CategoryId("connect_ip")),
    detectors.CARD: (CategoryId("card"),),
    detectors.IBAN: (CategoryId("bank_account"),),
})
"""What a value may be that looks so.  The mark of a canary stands for whatever its sign-up form asked."""


def clauses_against(policy: Policy, shape: str) -> frozenset[ClauseId]:
    """Return the clauses that a value of a shape speaks against where it lies in clear.

    shape  name of a detector
    They are: the clause that promises encryption where things lie; and of each category the value may be the
    clause that says it is never kept, or else those that let it in.  A category of which the policy says
    neither speaks against the clause that lets the sign-up form ask no more than it does.
    """
    about = SHOWN_BY.get(shape) or [asked.category for asked in policy.forms["signup"].fields]
    of_it = {clause for category in about for clause in _saying(policy, category)}
    return frozenset(of_it or {policy.forms["signup"].closed_by}) | _protecting(policy)


def shapes_against(policy: Policy) -> Mapping[ClauseId, frozenset[str]]:
    """Return the shapes that speak against each clause; a clause that none does is left out."""
    found: dict[ClauseId, set[str]] = {}
    for shape in detectors.NAMES:
        for clause in clauses_against(policy, shape):
            found.setdefault(clause, set()).add(shape)
    return {clause: frozenset(shapes) for clause, shapes in found.items()}


def classes_ended_by(policy: Policy) -> Mapping[ClauseId, frozenset[str]]:
    """Return the clauses that promise an end, each with the retention classes that it ends."""
    found: dict[ClauseId, set[str]] = {}
    for name, rule in policy.retention.items():
        found.setdefault(rule.clause, set()).add(name)
    return {clause: frozenset(names) for clause, names in found.items()}


def _saying(policy: Policy, category: CategoryId) -> Iterable[ClauseId]:
    """Return the clauses that say of a category that it never comes in, or else how it does."""
    never = {each.clause for each in policy.never if category in each.categories}
    asked = {
        field.clause for form in policy.forms.values() for field in form.fields if field.category == category
    }
    gathered = {policy.gathers[category]} if category in policy.gathers else set[ClauseId]()
    return never or asked | gathered


def _protecting(policy: Policy) -> frozenset[ClauseId]:
    """Return the clause that promises encryption where things lie, if there is one."""
    clause = policy.duties.measured_by.get(AT_REST)
    return frozenset({clause} if clause else ())
