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
        if then == "deactivate":
            _check_switched_off(desk, block)
        elif "for" in block.keys:
            says = "`for` belongs to `then: deactivate`."
            desk.say((*block.at, "for"), says, "Take it out.", rule="lint.retain.for")
        if name == "archive":
            says = "The archive has a clause of its own."
            desk.say(block.at, says, "Write `kind: archive`.", rule="lint.retain.idle")


def _check_switched_off(desk: Desk, block: Block) -> None:
    """Check that what is switched off ends, and serves something until then."""
    name, rule = block.keys["class"], "lint.retain.switched_off"
    if not block.keys.get("for"):
        says = f"`{name}` would stay switched off without end."
        desk.say(block.at, says, "Add `for: P2Y` or the like.", rule=rule)
    if "reads" not in block.keys:
        says = f"What is `{name}` kept for, switched off?"
        desk.say(block.at, says, "Add `reads: [dispute, rights]` or the like.", rule=rule)


def refuse_archived_secrets(desk: Desk, draft: Draft) -> None:
    """Refuse an archive of passwords, cookies or other secrets."""
    for block in draft.of_kind("archive"):
        secret = [each for each in block.keys["categories"] if terms("category")[each].mark == "secret"]
        if secret:
            says = f"The archive would keep a secret: {listed(secret)}."
            desk.say(block.at, says, "Take it out.", rule="lint.archive.secret")


def refuse_disorder(desk: Desk, draft: Draft) -> None:
    """Refuse an archive of what another rule erases at once: which of the two comes first?"""
    erased = {
        block.keys["class"]: block for block in draft.of_kind("retain") if block.keys["then"] == "erase"
    }
    for block in draft.of_kind("archive"):
        for category in block.keys["categories"]:
            other = erased.get(draft.keep_class(category)) if category in draft.categories else None
            if other is not None:
                where = f"{other.clause} (line {desk.line(other.at)})"
                says = f"{block.clause} archives `{category}`, but {where} erases it."
                instead = f"Write `then: archive` for the class `{other.keys['class']}`, or archive it not."
                desk.say(block.at, says, instead, rule="lint.archive.order")


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
            says = f"`{category}` has no end: no rule for the class `{name}`."
            desk.say(("categories", category), says, instead, rule="lint.category.endless")
    for block in draft.of_kind("retain"):
        if block.keys["class"] not in classes:
            says = f"No category of this policy is of the class `{block.keys['class']}`."
            desk.say(block.at, says, "Take the rule out, or declare the category.", rule="lint.retain.idle")
        if block.keys["then"] == "archive" and "archive" not in ruled:
            says = "There is no archive clause that names what stays."
            desk.say(block.at, says, "Add one, or erase.", rule="lint.archive.missing")


def refuse_notice(desk: Desk, draft: Draft) -> None:
    """Refuse a notice whose period or way does not fit its mode."""
    for block in draft.of_kind("change_notice"):
        mode = block.keys.get("mode")
        if mode is None:
            continue
        if WAYS[mode] not in block.keys.get("by", ()):
            says = f"Notice by `{mode}` needs `{WAYS[mode]}`."
            desk.say((*block.at, "by"), says, f"Add `{WAYS[mode]}` to `by`.", rule="lint.notice.way")
        _check_period(desk, block)


def _check_period(desk: Desk, block: Block) -> None:
    """Check that a period stands where one is promised, in whole days, and nowhere else."""
    mode, period = block.keys["mode"], block.keys.get("period", timedelta(0))
    at = (*block.at, "period")
    if mode in ("page", "attempt") and period:
        says = f"With `{mode}` a change is in force at once."
        desk.say(at, says, "Take `period` out, or write `mode: mail`.", rule="lint.notice.period")
    if mode in ("ahead", "mail") and (period < DAY or period % DAY):
        says = f"With `{mode}` a period of whole days is owed."
        desk.say(at, says, "Write it like `period: P30D`.", rule="lint.notice.period")


def miss_notice(desk: Desk, draft: Draft) -> None:
    """Refuse a policy that does not say how it changes."""
    if not any(draft.placed("mode")):
        says = "No clause says how changes are announced."
        desk.say(("clauses",), says, "Add one of the kind `change_notice`.", rule="lint.notice.missing")


def refuse_unreachable_rights(desk: Desk, draft: Draft) -> None:
    """Refuse a right to be used by mail without an address to write to."""
    for found in draft.named("rights"):
        right, entry = found.thing
        if entry["how"] == "mail" and "mailbox" not in entry:
            says = f"Where does one write to for `{right}`?"
            desk.say(found.at, says, "Add `mailbox: privacy@example.com`.", rule="lint.rights.mailbox")
