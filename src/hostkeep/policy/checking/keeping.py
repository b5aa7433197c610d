"""Does everything end, and does every change come with the notice it needs?"""

from __future__ import annotations

from datetime import timedelta

from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Block, Draft
from hostkeep.policy.shapes import listed
from hostkeep.policy.vocabulary.terms import terms

DAY = timedelta(days=1)
WAYS = {"page": "policy_page", "ahead": "policy_page", "mail": "email", "attempt": "email"}
"""The way of telling that each mode of notice cannot do without."""


def refuse_endless(desk: Desk, draft: Draft) -> None:
    """Refuse a switched-off class without an end or a use, and a retain rule for the archive."""
    for block in draft.of_kind("retain"):
        then, name = block.keys["then"], block.keys["class"]
        if then == "deactivate" and not block.keys.get("for"):
            desk.say(
                block.at, f"`{name}` would stay switched off without end.", "Add `for: P2Y` or the like."
            )
        if then == "deactivate" and "reads" not in block.keys:
            desk.say(
                block.at,
                f"What is `{name}` kept for, switched off?",
                "Add `reads: [dispute, rights]` or the like.",
            )
        if then != "deactivate" and "for" in block.keys:
            desk.say((*block.at, "for"), "`for` belongs to `then: deactivate`.", "Take it out.")
        if name == "archive":
            desk.say(block.at, "The archive has a clause of its own.", "Write `kind: archive`.")


def refuse_archived_secrets(desk: Desk, draft: Draft) -> None:
    """Refuse an archive of passwords, cookies or other secrets."""
    for block in draft.of_kind("archive"):
        secret = [each for each in block.keys["categories"] if terms("category")[each].mark == "secret"]
        if secret:
            desk.say(block.at, f"The archive would keep a secret: {listed(secret)}.", "Take it out.")


def miss_retention(desk: Desk, draft: Draft) -> None:
    """Refuse a category without an end, a rule for no category, and `archive` without a clause."""
    ruled = {block.keys["class"] for block in draft.of_kind("retain")}
    if any(draft.of_kind("archive")):
        ruled.add("archive")
    classes = {draft.keep_class(category) for category in draft.categories}
    for category in draft.categories:
        name = draft.keep_class(category)
        if name not in ruled:
            instead = (
                f"Add `- {{kind: retain, class: {name}, until: ..., plus: ..., then: erase}}` to a clause."
            )
            desk.say(
                ("categories", category), f"`{category}` has no end: no rule for the class `{name}`.", instead
            )
    for block in draft.of_kind("retain"):
        if block.keys["class"] not in classes:
            says = f"No category of this policy is of the class `{block.keys['class']}`."
            desk.say(block.at, says, "Take the rule out, or declare the category.")
        if block.keys["then"] == "archive" and "archive" not in ruled:
            desk.say(block.at, "There is no archive clause that names what stays.", "Add one, or erase.")


def refuse_notice(desk: Desk, draft: Draft) -> None:
    """Refuse a notice whose period or way does not fit its mode."""
    for block in draft.of_kind("change_notice"):
        mode = block.keys.get("mode")
        if mode is None:
            continue
        if WAYS[mode] not in block.keys.get("by", ()):
            desk.say(
                (*block.at, "by"), f"Notice by `{mode}` needs `{WAYS[mode]}`.", f"Add `{WAYS[mode]}` to `by`."
            )
        _check_period(desk, block)


def _check_period(desk: Desk, block: Block) -> None:
    """Check that a period stands where one is promised, in whole days, and nowhere else."""
    mode, period = block.keys["mode"], block.keys.get("period", timedelta(0))
    at = (*block.at, "period")
    if mode in ("page", "attempt") and period:
        desk.say(
            at, f"With `{mode}` a change is in force at once.", "Take `period` out, or write `mode: mail`."
        )
    if mode in ("ahead", "mail") and (period < DAY or period % DAY):
        desk.say(at, f"With `{mode}` a period of whole days is owed.", "Write it like `period: P30D`.")


def miss_notice(desk: Desk, draft: Draft) -> None:
    """Refuse a policy that does not say how it changes."""
    if not any(draft.placed("mode")):
        desk.say(
            ("clauses",), "No clause says how changes are announced.", "Add one of the kind `change_notice`."
        )


def refuse_unreachable_rights(desk: Desk, draft: Draft) -> None:
    """Refuse a right to be used by mail without an address to write to."""
    for found in draft.named("rights"):
        right, entry = found.thing
        if entry["how"] == "mail" and "mailbox" not in entry:
            desk.say(
                found.at, f"Where does one write to for `{right}`?", "Add `mailbox: privacy@example.com`."
            )
