"""How long things stay: retention, the archive, backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hostkeep.policy.book import Policy, Retention
from hostkeep.policy.changing.change import Change, change
from hostkeep.policy.changing.places import clause_of_kind
from hostkeep.policy.changing.steps import (
    HEAVIER,
    LIGHTER,
    SAME,
    Step,
    both,
    entries,
    graded,
    lasting,
    limited,
    ranked,
    single,
    wider,
)
from hostkeep.policy.duties import Archive

CHAIN = ("collected", "browser.closed", "service.ended", "last_service.ended", "account.closed")
"""Events, each of which comes after the one before it.  A year's end stands beside them."""
ENDS = ("erase", "hand_over", "aggregate", "archive", "deactivate")
"""What becomes of data, from nothing left to all of it left."""


def kept(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare how long things stay."""
    yield from _rules(old.retention, new.retention)
    yield from _classes(old, new)
    yield from _archive(old.duties.archive, new.duties.archive)
    step = lasting(old.duties.backups, new.duties.backups)
    yield from graded("backup", "backup", clause_of_kind(new, "backup"), "longer_storage", step)


def _rules(old: Mapping[str, Retention], new: Mapping[str, Retention]) -> Iterator[Change]:
    """Compare the rules of the classes."""
    for found in entries("retain", "retain ", old, new, "longer_storage"):
        yield _of_archive(found) if found.thing == "retain archive" else found
    for name, was, now in both(old, new):
        kind = "archive" if name == "archive" else "retain"
        yield from graded(kind, f"retain {name}", now.clause, "longer_storage", rule_step(was, now))


def _of_archive(found: Change) -> Change:
    """Place a change of the archive's own rule among those of the archive."""
    return change("archive", found.what, found.thing, found.clause, found.why)


def rule_step(old: Retention, new: Retention) -> Step:
    """Say how a rule moved: any longer part is heavier."""
    return (
        _event(old.until, new.until)
        | lasting(old.plus, new.plus)
        | ranked(ENDS, old.then, new.then)
        | lasting(old.hold, new.hold)
        | ranked(("erase", ""), old.at_closing, new.at_closing)
        | limited(old.reads, new.reads)
    )


def _event(old: str, new: str) -> Step:
    """Say how the start of the clock moved.  A year's end surely comes after collecting alone."""
    if old == "collected" and new != old:
        return HEAVIER
    if new == "collected" and new != old:
        return LIGHTER
    return ranked(CHAIN, old, new)


def _classes(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare the rules that a category moves between when it changes its class."""
    for name, now in new.categories.items():
        was = old.categories.get(name)
        if was is None or was.keep_class == now.keep_class:
            continue
        before, after = old.retention[was.keep_class], new.retention[now.keep_class]
        thing = f"class {name}"
        step = rule_step(before, after)
        if step == SAME:
            yield change("retain", "changed", thing, after.clause, "moved")
        yield from graded("retain", thing, after.clause, "longer_storage", step)


def _archive(old: Archive | None, new: Archive | None) -> Iterator[Change]:
    """Compare what is archived."""
    yield from single("archive", "archive", old, new, "longer_storage")
    if old is not None and new is not None:
        step = wider(old.categories, new.categories)
        yield from graded("archive", "archive", new.clause, "longer_storage", step)
