"""Changes of who reads what, put together: one row for all categories and roles that change alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import Policy
from hostkeep.policy.changing.change import Change
from hostkeep.policy.render.things.saying import category_name, listed, phrase
from hostkeep.policy.vocabulary.terms import say, terms


@dataclass(frozen=True, slots=True)
class Reading:
    """Categories that some roles may, or might, read for a purpose.

    before, after  who, and what they must bring; empty where the version grants it not
    changes        those that are told by this row, at least one
    """

    purpose: str
    before: str
    after: str
    changes: tuple[Change, ...]


class _Way(NamedTuple):
    """How a cell changed: cells of the same way share a row."""

    purpose: str
    clause: ClauseId
    what: str
    whys: tuple[str, ...]
    before: frozenset[str] | None
    after: frozenset[str] | None


def say_readings(old: Policy, new: Policy, changes: Sequence[Change], language: str) -> Iterator[Reading]:
    """Say changes of the table, each of which has a thing like "use email/offers/support"."""
    cells: dict[str, list[Change]] = {}
    for each in changes:
        cells.setdefault(each.thing, []).append(each)
    alike: dict[tuple[_Way, str], list[tuple[str, Sequence[Change]]]] = {}
    for thing, found in cells.items():
        category, purpose, role = thing.removeprefix("use ").split("/")
        way = _way(old, new, found, (category, purpose, role))
        alike.setdefault((way, category), []).append((role, found))
    rows: dict[tuple[_Way, tuple[str, ...]], list[tuple[str, list[Change]]]] = {}
    for (way, category), read in alike.items():
        told = [each for _, found in read for each in found]
        rows.setdefault((way, tuple(role for role, _ in read)), []).append((category, told))
    for (way, named), held in rows.items():
        what = listed(_name(old, new, category, language) for category, _ in held)
        who = listed(say("role", each, language) for each in terms("role") if each in named)
        yield Reading(
            purpose=say("purpose", way.purpose, language),
            before=_said(what, who, way.before, language),
            after=_said(what, who, way.after, language),
            changes=tuple(each for _, told in held for each in told),
        )


def _name(old: Policy, new: Policy, category: str, language: str) -> str:
    """Name a category as the new policy does, or the old one where the new has it not."""
    return category_name(new if category in new.categories else old, category, language)


def _way(old: Policy, new: Policy, found: Sequence[Change], question: tuple[str, str, str]) -> _Way:
    """Say how one cell changed."""
    category, purpose, role = question
    key = (CategoryId(category), PurposeId(purpose), role)
    before, after = old.table.get(key), new.table.get(key)
    return _Way(
        purpose=purpose,
        clause=found[0].clause,
        what=found[0].what,
        whys=tuple(each.why for each in found),
        before=before.needs if before else None,
        after=after.needs if after else None,
    )


def _said(what: str, who: str, needs: frozenset[str] | None, language: str) -> str:
    """Say what is read by whom, and what they must bring."""
    if needs is None:
        return ""
    if not needs:
        return f"{what}: {who}"
    brought = listed(say("need", each, language) for each in terms("need") if each in needs)
    return f"{what}: {who}, {phrase('if_brought', language, what=brought)}"
