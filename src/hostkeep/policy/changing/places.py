"""Which clause to name for a change of something that stands under no clause of its own."""

from __future__ import annotations

from hostkeep.kernel.ids import CategoryId, ClauseId
from hostkeep.policy.book import Policy


def clause_of_kind(policy: Policy, kind: str) -> ClauseId:
    """Return the first clause of a kind, or the first of all."""
    return next((each.id for each in policy.clauses if each.kind == kind), policy.clauses[0].id)


def clause_of_category(policy: Policy, category: str) -> ClauseId:
    """Return the clause by which a category comes in, or the one that is named for what is not declared."""
    for form in policy.forms.values():
        for asked in form.fields:
            if asked.category == category:
                return asked.clause
    return policy.gathers.get(CategoryId(category)) or clause_that_closes(policy, "use")


def clause_of_purpose(policy: Policy, purpose: str) -> ClauseId:
    """Return the first clause that lets something be read for a purpose, or the one that closes use."""
    cells = (cell.clause for (_, named, _), cell in policy.table.items() if named == purpose)
    return next(cells, clause_that_closes(policy, "use"))


def clause_that_closes(policy: Policy, sort: str) -> ClauseId:
    """Return the clause named for what is not declared of a sort: "use", "disclose", ..."""
    return policy.closed_by.get(sort) or clause_of_kind(policy, sort)
