"""How the policy page is laid out: the clauses by kind, each kind with the table that its rules make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hostkeep.faces.ui.lights import Light, Lights
from hostkeep.policy.render.page import ClauseText, PolicyPage
from hostkeep.policy.vocabulary.terms import say, terms

TABLES: Mapping[str, str] = MappingProxyType({
    "collect": "fields", "use": "uses", "cookies": "cookies", "communicate": "streams",
    "disclose": "recipients", "retain": "retention",
})
"""By kind of clause: the rows of PolicyPage that stand below it."""


@dataclass(frozen=True, slots=True)
class LitClause:
    """A clause with its light; without one where nobody has looked yet."""

    clause: ClauseText
    light: Light | None


@dataclass(frozen=True, slots=True)
class Section:
    """The clauses of one kind.

    kind   also the section's anchor
    table  which rows stand below them, or an empty text
    """

    kind: str
    title: str
    clauses: tuple[LitClause, ...]
    table: str


def sections_of(page: PolicyPage, lights: Lights | None) -> tuple[Section, ...]:
    """Lay a page out, in the reading order of the kinds; a kind with neither clauses nor rows is left out."""
    lamps = {lamp.clause: lamp.light for lamp in lights.lamps} if lights else {}
    groups = {group.kind: group.clauses for group in page.groups}
    found = []
    for kind in terms("kind"):
        clauses = tuple(LitClause(each, _light(each, lamps)) for each in groups.get(kind, ()))
        table = TABLES.get(kind, "")
        if clauses or (table and getattr(page, table)) or kind == "disclose":
            found.append(Section(kind, say("kind", kind, page.language), clauses, table))
    return tuple(found)


def _light(clause: ClauseText, lamps: Mapping[str, Light]) -> Light | None:
    """Return a clause's light; a statement is one whoever looked."""
    return "statement" if clause.statement else lamps.get(clause.id)
