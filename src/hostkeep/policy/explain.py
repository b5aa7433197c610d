"""Why somebody may read something, or may not: the answer, the clause that gives it and its text."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from hostkeep.kernel.ids import CategoryId, ClauseId
from hostkeep.policy.book import Policy
from hostkeep.policy.decide import Ask, decide
from hostkeep.policy.render.wording import said
from hostkeep.policy.vocabulary.terms import family, say, terms


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to one question, in one language.

    allowed  yes or no
    why      "permit", "needs", "silence", "no_category", "no_purpose", "no_role" or "forbidden"
    says     the same in a sentence
    clause   the clause that decides; for what nothing grants: the one that refuses what is not named
    text     what that clause says
    keep     what it says of how it is kept
    needs    what any asker must bring for it, sorted: "case", "consent", "grant", "legal_request", "reason"
    missing  which of these this asker lacks
    others   what the policy does allow nearby: purposes this role may read it for, where there is such a
             category and role; else the categories, purposes or roles there are
    """

    allowed: bool
    why: str
    says: str
    clause: ClauseId
    text: str
    keep: str
    needs: tuple[str, ...]
    missing: tuple[str, ...]
    others: tuple[str, ...]


def explain(policy: Policy, ask: Ask, language: str) -> Explanation:
    """Answer ask by policy and say why, in a language; texts it lacks come in the authoritative one.

    Pure and total, and never another answer than `decide` gives.
    """
    decision = decide(policy, ask)
    cell = policy.table.get((ask.category, ask.purpose, ask.role))
    forbidding = _forbidding(policy, ask.category)
    clause = forbidding or decision.clause
    why = "forbidden" if forbidding else decision.why.partition(":")[0]
    needs = tuple(sorted(cell.needs)) if cell else ()
    missing = tuple(sorted(cell.needs - ask.has)) if cell else ()
    text, keep = _words(policy, clause, language)
    brought = ", ".join(say("need", each, language) for each in missing)
    return Explanation(
        allowed=decision.allowed,
        why=why,
        says=say("answer", why, language).format(clause=clause, needs=brought),
        clause=clause,
        text=text,
        keep=keep,
        needs=needs,
        missing=missing,
        others=() if cell else _others(policy, ask, why),
    )


def unknown_words(ask: Ask) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Return the words of ask that no policy can have: (kind, word, words that are near, the nearest first).

    Kinds are "category", "purpose", "role" and "need".
    """
    asked = [("category", ask.category), ("purpose", ask.purpose), ("role", ask.role)]
    asked += [("need", each) for each in sorted(ask.has)]
    return tuple(
        (kind, word, tuple(difflib.get_close_matches(word, list(terms(kind)), n=3)))
        for kind, word in asked
        if word not in terms(kind)
    )


def _forbidding(policy: Policy, category: CategoryId) -> ClauseId | None:
    """Return the clause that says a category must never exist, or None."""
    for never in policy.never:
        if any(category in family(parent) for parent in never.categories):
            return never.clause
    return None


def _words(policy: Policy, clause: ClauseId, language: str) -> tuple[str, str]:
    """Return what a clause says, and how it is kept."""
    found = next((each for each in policy.clauses if each.id == clause), None)
    return (said(found.text, language), said(found.keep, language)) if found else ("", "")


def _others(policy: Policy, ask: Ask, why: str) -> tuple[str, ...]:
    """Name what there is instead of what nothing grants."""
    match why:
        case "no_category" | "forbidden":
            return tuple(policy.categories)
        case "no_purpose":
            return tuple(policy.purposes)
        case "no_role":
            return tuple(each for each in terms("role") if each in policy.roles)
        case _:
            return tuple(
                dict.fromkeys(
                    purpose
                    for category, purpose, role in policy.table
                    if (category, role) == (ask.category, ask.role)
                )
            )
