"""The words: of the clauses, and of all else that people read.

A language that one of the two versions lacks is no rewording; covering.py tells of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Clause, Policy, Text
from hostkeep.policy.changing.change import Change, change
from hostkeep.policy.changing.places import clause_of_category, clause_of_purpose, clause_that_closes

FACTS = ("ask", "keep", "share", "cookies", "changes")


class Worded(NamedTuple):
    """Some words that people read, and the clause that answers for them."""

    kind: str
    clause: ClauseId
    text: Text


def clauses_changed(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare the clauses: which there are, their words, their kinds, their order."""
    before = {each.id: each for each in old.clauses}
    after = {each.id: each for each in new.clauses}
    for clause in new.clauses:
        if clause.id in before:
            yield from _clause(before[clause.id], clause)
        else:
            yield change(clause.kind, "added", f"text {clause.id}", clause.id, "new_clause")
    for clause in old.clauses:
        if clause.id not in after:
            yield change(clause.kind, "removed", f"text {clause.id}", clause.id, "removed_clause")
    kept = [each for each in before if each in after]
    if kept != (now := [each for each in after if each in before]):
        first = next(new for old, new in zip(kept, now, strict=True) if old != new)
        yield change("scope", "changed", "order", first, "order")


def _clause(old: Clause, new: Clause) -> Iterator[Change]:
    """Compare one clause: what it says, and what it says of how it is kept."""
    if _differ(old.text, new.text):
        yield change(new.kind, "changed", f"text {new.id}", new.id, "reworded")
    if _differ(old.keep, new.keep) or bool(old.keep) != bool(new.keep):
        yield change(new.kind, "changed", f"keep {new.id}", new.id, "reworded")
    if old.kind != new.kind:
        why = "weaker_protection" if new.kind == "prose" else "moved"
        why = "stronger_protection" if old.kind == "prose" else why
        yield change(new.kind, "changed", f"kind {new.id}", new.id, why)


def labels_changed(old: Policy, new: Policy) -> Iterator[Change]:
    """Compare all words outside the clauses' own texts."""
    before, after = dict(_labels(old)), dict(_labels(new))
    for thing, worded in after.items():
        if thing in before and _differ(before[thing].text, worded.text):
            yield change(worded.kind, "changed", thing, worded.clause, "reworded")


def _differ(old: Text, new: Text) -> bool:
    """Say whether two texts differ in a language that both have."""
    return any(old[language] != new[language] for language in old if language in new)


def _labels(policy: Policy) -> Iterator[tuple[str, Worded]]:
    """Go through all words that people read beside the clauses, under the key of what they are about."""
    yield from _names(policy)
    for form in policy.forms.values():
        for asked in form.fields:
            yield f"field {form.name}/{asked.category}", Worded("collect", asked.clause, asked.why)
        for box in form.statements:
            yield f"statement {form.name}/{box.id}", Worded("collect", box.clause, box.text)
    for cookie in policy.cookies.values():
        yield f"cookie {cookie.name}", Worded("cookies", cookie.clause, cookie.holds)
    for name in FACTS:
        yield f"fact {name}", Worded(*_answering(policy, name), getattr(policy.facts, name))


def _names(policy: Policy) -> Iterator[tuple[str, Worded]]:
    """Go through the names of categories, streams and recipients, and how interests are weighed."""
    for category in policy.categories.values():
        clause = clause_of_category(policy, category.id)
        yield f"category {category.id}", Worded("collect", clause, category.label)
    for purpose in policy.purposes.values():
        clause = clause_of_purpose(policy, purpose.id)
        yield f"purpose {purpose.id}", Worded("use", clause, purpose.balance)
    for stream in policy.streams.values():
        yield f"stream {stream.id}", Worded("communicate", stream.clause, stream.label)
    for recipient in policy.recipients.values():
        yield f"recipient {recipient.id}", Worded("disclose", recipient.clause, recipient.label)


def _answering(policy: Policy, fact: str) -> tuple[str, ClauseId]:
    """Return the kind and the clause that a line of the short version is about."""
    match fact:
        case "ask":
            return "collect", policy.forms["signup"].closed_by
        case "keep":
            rule = policy.retention.get("account") or next(iter(policy.retention.values()))
            return "retain", rule.clause
        case "share":
            return "disclose", clause_that_closes(policy, "disclose")
        case "cookies":
            return "cookies", clause_that_closes(policy, "cookies")
        case _:
            return "change_notice", policy.notice.clause
