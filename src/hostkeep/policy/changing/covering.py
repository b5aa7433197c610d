"""What the head of a policy says: whose it is, which sites, laws and languages it covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Policy
from hostkeep.policy.changing.change import Change, change
from hostkeep.policy.changing.places import clause_of_kind
from hostkeep.policy.changing.steps import placed


def covered(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare the heads."""
    clause = clause_of_kind(new, "scope")
    if (old.brand, old.controller) != (new.brand, new.controller):
        yield change("scope", "changed", "controller", clause, "other_controller")
    for prefix, before, after, why in (
        ("host ", old.hosts, new.hosts, "wider_scope"),
        ("jurisdiction ", old.jurisdictions, new.jurisdictions, "stronger_protection"),
        ("language ", old.languages, new.languages, "more_languages"),
    ):
        yield from placed("scope", prefix, _all(before, clause), _all(after, clause), why)
    if old.languages[0] != new.languages[0]:
        yield change("scope", "changed", "authoritative", clause, "other_language")
    shared = set(old.after) & set(new.after)
    if any(old.after[each] != new.after[each] for each in shared):
        yield change("scope", "changed", "after", clause, "label")


def _all(names: tuple[str, ...], clause: ClauseId) -> Mapping[str, ClauseId]:
    """Put names under one clause: they stand in the head."""
    return dict.fromkeys(names, clause)
