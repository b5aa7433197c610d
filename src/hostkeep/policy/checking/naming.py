"""Are all words declared, all declared words used, and no thing named twice?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from hostkeep.policy.checking.collecting import BY_STATEMENT
from hostkeep.policy.desk import Desk, Path
from hostkeep.policy.draft import Draft, Placed
from hostkeep.policy.shapes import PLACE, listed

ONCE = ("age", "backup", "breach", "archive", "support_record", "acceptance")
"""Kinds of which a policy has one block at most."""


def refuse_ids(desk: Desk, draft: Draft) -> None:
    """Refuse a clause id that stands twice, or has another prefix than the first."""
    seen: set[str] = set()
    prefix = draft.clauses[0]["id"].split("-")[0] if draft.clauses else ""
    for clause in draft.clauses:
        name = clause["id"]
        at = (*clause[PLACE], "id")
        if name in seen:
            desk.say(
                at,
                f"The clause {name} stands here a second time.",
                "Give it a number of its own.",
                rule="lint.id.twice",
            )
        if not name.startswith(f"{prefix}-"):
            desk.say(
                at,
                f"The clause {name} has another prefix than the first.",
                f"Begin it with `{prefix}-`.",
                rule="lint.id.prefix",
            )
        seen.add(name)


def refuse_doubles(desk: Desk, draft: Draft) -> None:
    """Refuse a form field, statement, choice, cookie, stream, recipient, right or rule that stands twice."""
    for key in ("forms", "statements", "choices"):
        _once(desk, (Placed(p.at, p.clause, (key, p.thing[0], p.thing[1])) for p in draft.on_forms(key)))
    for key in ("cookies", "streams", "recipients", "rights"):
        _once(desk, (Placed(p.at, p.clause, (key, p.thing[0])) for p in draft.named(key)))
    _once(desk, (Placed(b.at, b.clause, ("retain", b.keys["class"])) for b in draft.of_kind("retain")))
    _once(desk, (Placed(b.at, b.clause, ("kind", b.kind)) for b in draft.of_kind(*ONCE)))
    _once(desk, (Placed(p.at, p.clause, ("change_notice", "mode")) for p in draft.placed("mode")))
    closes = (Placed(p.at, p.clause, ("closes", sort)) for p in draft.placed("closes") for sort in p.thing)
    _once(desk, closes)


def _once(desk: Desk, things: Iterable[Placed[Any]]) -> None:
    """Refuse what is named a second time.  things: each a tuple of words that name it."""
    seen: dict[tuple[str, ...], Path] = {}
    for placed in things:
        if first := seen.get(placed.thing):
            name = " ".join(placed.thing)
            says = f"This is said a second time: {name} (first in line {desk.line(first)})."
            desk.say(placed.at, says, "Keep one of them.", rule="lint.twice")
        seen.setdefault(placed.thing, placed.at)


def refuse_undeclared(desk: Desk, draft: Draft) -> None:
    """Refuse a category, purpose or role that a rule uses and the head does not declare."""
    for placed in _categories(draft):
        if placed.thing not in draft.categories:
            _undeclared(desk, placed.at, "category", placed.thing, "categories")
    for placed in _purposes(draft):
        if placed.thing not in draft.purposes:
            _undeclared(desk, placed.at, "purpose", placed.thing, "purposes")
    for allow in draft.allows():
        for role in allow.thing.roles:
            if role not in draft.roles:
                _undeclared(desk, (*allow.at, "roles"), "role", role, "roles")


def _undeclared(desk: Desk, at: Path, what: str, name: str, under: str) -> None:
    """Say that a word is not declared."""
    says = f"The {what} `{name}` is not declared by this policy."
    desk.say(at, says, f"Add it under `{under}`, or take it out.", rule="lint.undeclared")


def refuse_cycles(desk: Desk, draft: Draft) -> None:
    """Refuse a category that would be a child of its own child."""
    for name, entry in draft.categories.items():
        if entry.get("parent") in draft.family(name):
            says = f"`{name}` would stand under itself, by way of `{entry['parent']}`."
            desk.say(("categories", name, "parent"), says, "Take `parent` out.", rule="lint.category.cycle")


def miss_uses(desk: Desk, draft: Draft) -> None:
    """Refuse a declared purpose or role that no rule uses."""
    purposes = {placed.thing for placed in _purposes(draft)}
    for purpose in draft.purposes:
        if purpose not in purposes:
            says = f"Nothing serves the purpose `{purpose}`."
            desk.say(("purposes", purpose), says, "Take it out, or use it.", rule="lint.purpose.unused")
    roles = {role for allow in draft.allows() for role in allow.thing.roles}
    idle = [role for role in draft.roles if role not in roles]
    if idle:
        says = f"These roles read nothing: {listed(idle)}."
        desk.say(("roles",), says, "Take them out.", rule="lint.role.unused")


def _categories(draft: Draft) -> Iterator[Placed[str]]:
    """Go through every use of a category that needs it declared."""
    for field in draft.on_forms("forms"):
        yield Placed(field.at, field.clause, field.thing[1])
    yield from _recorded(draft)
    for key in ("gathers", "categories"):
        for found in draft.placed(key):
            yield from _each(found, found.thing)
    for allow in draft.allows():
        yield from _each(allow, allow.thing.categories)
    for found in draft.named("recipients"):
        yield from _each(found, found.thing[1]["categories"])
    for found in draft.named("cookies"):
        yield from _each(found, found.thing[1].get("carries", ()))


def _recorded(draft: Draft) -> Iterator[Placed[str]]:
    """Go through the categories of the records that statements make."""
    for box in draft.on_forms("statements"):
        yield from _each(box, BY_STATEMENT.get(box.thing[1], ()))
    for found in draft.placed("guardian"):
        yield from _each(found, ("guardian",) if found.thing else ())


def _purposes(draft: Draft) -> Iterator[Placed[str]]:
    """Go through every use of a purpose."""
    for allow in draft.allows():
        yield from _each(allow, allow.thing.purposes)
    for found in draft.named("recipients"):
        yield from _each(found, found.thing[1]["purposes"])
    for found in draft.named("cookies"):
        yield Placed((*found.at, "purpose"), found.clause, found.thing[1]["purpose"])
    for found in draft.named("streams"):
        yield Placed(found.at, found.clause, draft.purpose_of(*found.thing))
    for key in ("reads", "purposes"):
        for found in draft.placed(key):
            yield from _each(found, found.thing)


def _each(around: Placed[Any], names: Iterable[str]) -> Iterator[Placed[str]]:
    """Place each of some names where the thing around them stands."""
    return (Placed(around.at, around.clause, name) for name in names)
