"""Do the permissions fit together?"""

from __future__ import annotations

from collections.abc import Iterator

from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Allow, Draft, Placed
from hostkeep.policy.shapes import PLACE, listed
from hostkeep.policy.vocabulary.terms import terms

CLOSED_KINDS = ("use", "disclose", "cookies", "communicate")
THEIR_OWN = frozenset({"customer", "system"})
"""Roles that may handle a secret: the person it is about, and the program."""

Question = tuple[str, str, str]


def questions(allow: Allow) -> Iterator[Question]:
    """Go through the (category, purpose, role) that one line of `allow` answers."""
    return (
        (category, purpose, role)
        for category in allow.categories
        for purpose in allow.purposes
        for role in allow.roles
    )


def refuse_idle_exceptions(desk: Desk, draft: Draft) -> None:
    """Refuse `except` where the categories are named one by one."""
    for found in draft.placed("allow"):
        for line in found.thing:
            if "except" in line and line["categories"] != "*":
                says = '`except` belongs to `categories: "*"`.'
                desk.say(line[PLACE], says, "Leave the categories out instead.", rule="lint.use.except")


def refuse_two_answers(desk: Desk, draft: Draft) -> None:
    """Refuse two lines of `allow` that answer one question with different needs."""
    for every in (False, True):
        first: dict[Question, Placed[Allow]] = {}
        for allow in draft.allows():
            if allow.thing.every == every:
                _compare(desk, allow, first)


def _compare(desk: Desk, allow: Placed[Allow], first: dict[Question, Placed[Allow]]) -> None:
    """Compare a line with the first that answers each of its questions."""
    for question in questions(allow.thing):
        other = first.setdefault(question, allow)
        if other.thing.needs != allow.thing.needs:
            category, purpose, role = question
            says = (
                f"Whether {role} may read `{category}` for `{purpose}` is answered in two ways "
                f"(first in line {desk.line(other.at)}, {other.clause})."
            )
            desk.say(allow.at, says, "Keep one of the two.", rule="lint.use.two_answers")
            return


def refuse_open_secrets(desk: Desk, draft: Draft) -> None:
    """Refuse staff who read a secret, or customers' content, without a grant of its owner."""
    secret = {name for name, term in terms("category").items() if term.mark == "secret"}
    for allow in draft.allows():
        shown = [name for name in allow.thing.categories if name in secret]
        staff = [role for role in allow.thing.roles if role not in THEIR_OWN]
        if shown and staff and "grant" not in allow.thing.needs:
            says = f"This shows a secret ({listed(shown)}) to {listed(staff)}."
            instead = "Add `needs: [grant]`, or take the secret or these roles out."
            desk.say(allow.at, says, instead, rule="lint.use.secret")


def refuse_ungranted_access(desk: Desk, draft: Draft) -> None:
    """Refuse a line of staff_access that needs no grant."""
    for block in draft.of_kind("staff_access"):
        for allow in block.keys["allow"]:
            if "grant" not in allow.get("needs", ()):
                says = "Staff access without the owner's grant."
                desk.say(allow[PLACE], says, "Add `needs: [grant]`.", rule="lint.staff_access.grant")


def miss_closed_kinds(desk: Desk, draft: Draft) -> None:
    """Refuse a policy that is silent on use, disclosure, cookies or messages: refusals name a clause."""
    for kind in CLOSED_KINDS:
        if not any(draft.of_kind(kind)):
            instead = f"Add `- {{kind: {kind}}}` under the `also` of the nearest clause; it may be empty."
            says = f"No clause is of the kind `{kind}`."
            desk.say(("clauses",), says, instead, rule="lint.kind.missing")
