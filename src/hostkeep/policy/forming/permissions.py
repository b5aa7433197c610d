"""Form the table of decisions, and the clauses that answer for what is not in it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import Cell, Never
from hostkeep.policy.checking.permitting import CLOSED_KINDS, questions
from hostkeep.policy.draft import Draft

CONSENT = frozenset({"consent"})

Table = Mapping[tuple[CategoryId, PurposeId, str], Cell]


def table_of(draft: Draft) -> Table:
    """Form the table; a line that names a category goes before one that says "*".

    A purpose on consent adds `consent` to the needs of each of its cells.
    """
    table: dict[tuple[CategoryId, PurposeId, str], Cell] = {}
    for every in (False, True):
        for allow in draft.allows():
            if allow.thing.every == every:
                for category, purpose, role in questions(allow.thing):
                    asked = CONSENT if draft.basis(purpose) == "consent" else frozenset()
                    cell = Cell(allow.clause, allow.thing.needs | asked)
                    table.setdefault((CategoryId(category), PurposeId(purpose), role), cell)
    return MappingProxyType(table)


def nevers_of(draft: Draft) -> tuple[Never, ...]:
    """Form the prohibitions."""
    return tuple(
        Never(found.clause, frozenset(CategoryId(name) for name in found.thing))
        for found in draft.placed("never")
    )


def closers_of(draft: Draft) -> Mapping[str, ClauseId]:
    """Form, by kind, the clause that answers for what is not declared.

    The clause that says so with `closes`; else the first clause of the kind, else the first block of it.
    """
    closers: dict[str, ClauseId] = {}
    for found in draft.placed("closes"):
        closers.update(dict.fromkeys(found.thing, found.clause))
    for kind in CLOSED_KINDS:
        blocks = sorted(draft.of_kind(kind), key=lambda block: not block.top)
        for block in blocks[:1]:
            closers.setdefault(kind, block.clause)
    return MappingProxyType(closers)
