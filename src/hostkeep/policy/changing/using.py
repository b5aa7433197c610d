"""Who reads what for what: purposes, roles and the table of decisions."""

from __future__ import annotations

from collections.abc import Iterator

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Cell, Policy
from hostkeep.policy.changing.change import Change
from hostkeep.policy.changing.places import clause_of_purpose, clause_that_closes
from hostkeep.policy.changing.steps import both, entries, graded, named, placed, ranked, turned, wider

BASES = ("consent", "contract", "legitimate_interest", "legal_obligation")
"""From the ground that leaves a person most to say to the one that leaves least.

Consent can be taken back, a contract need not be signed, an interest can be objected to, a law can not.
Source: Regulation (EU) 2016/679, articles 7(3), 6(1)(b), 21(1) and 17(3)(b).
"""


def used(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare what may be read, by whom and for what."""
    yield from named("use", "purpose ", _purposes(old), _purposes(new), "new_purpose")
    for name in (each for each in new.purposes if each in old.purposes):
        was, now = old.purposes[name], new.purposes[name]
        weighed = ranked((True, False), bool(was.balance), bool(now.balance))
        step = ranked(BASES, was.basis, now.basis) | weighed
        clause = clause_of_purpose(new, name)
        yield from graded("use", f"purpose {name}", clause, "weaker_basis", step)
    yield from named("use", "role ", _roles(old, new), _roles(new, new), "wider_use")
    before, after = _cells(old), _cells(new)
    yield from entries("use", "use ", before, after, "wider_use")
    for question, was_so, cell in both(before, after):
        # Who must bring more reads less.
        step = turned(wider(was_so.needs, cell.needs))
        yield from graded("use", f"use {question}", cell.clause, "wider_use", step)
    yield from placed("use", "closes ", old.closed_by, new.closed_by, "label")


def _purposes(policy: Policy) -> dict[str, ClauseId]:
    """Return each purpose with the first clause that serves it."""
    return {name: clause_of_purpose(policy, name) for name in policy.purposes}


def _roles(policy: Policy, named_by: Policy) -> dict[str, ClauseId]:
    """Return the roles, all under one clause of one of the two policies: they stand in the head."""
    return dict.fromkeys(sorted(policy.roles), clause_that_closes(named_by, "use"))


def _cells(policy: Policy) -> dict[str, Cell]:
    """Return the cells of the table by "category/purpose/role"."""
    return {"/".join(question): cell for question, cell in policy.table.items()}
