"""Form what the forms ask."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from hostkeep.kernel.ids import CategoryId, ClauseId
from hostkeep.policy.book import Choice, Form, FormField, Statement
from hostkeep.policy.draft import Draft, Placed


def forms_of(draft: Draft) -> Mapping[str, Form]:
    """Form every form that a collect clause opens; the first clause that does closes it."""
    closers: dict[str, ClauseId] = {}
    for found in draft.named("forms"):
        closers.setdefault(found.thing[0], found.clause)
    return MappingProxyType({name: _form(draft, name, clause) for name, clause in closers.items()})


def _form(draft: Draft, name: str, closed_by: ClauseId) -> Form:
    """Form one form, in the order of the file."""
    return Form(
        name=name,
        fields=tuple(_field(each) for each in draft.on_forms("forms") if each.thing[0] == name),
        statements=tuple(_statement(each) for each in draft.on_forms("statements") if each.thing[0] == name),
        choices=tuple(
            Choice(each.thing[1], each.thing[2] == "ticked", each.clause)
            for each in draft.on_forms("choices")
            if each.thing[0] == name
        ),
        closed_by=closed_by,
    )


def _field(found: Placed[tuple[str, str, Any]]) -> FormField:
    """Form one field."""
    _, category, entry = found.thing
    asked: Literal["always", "product"] = "product" if entry["ask"] == "product" else "always"
    why = MappingProxyType(entry["why"])
    return FormField(CategoryId(category), entry["ask"] == "required", found.clause, why, asked)


def _statement(found: Placed[tuple[str, str, Any]]) -> Statement:
    """Form one statement."""
    _, name, entry = found.thing
    return Statement(name, entry.get("required", True), found.clause, MappingProxyType(entry["text"]))
