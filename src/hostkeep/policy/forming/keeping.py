"""Form how long things stay, how the policy changes, and what single rooms owe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId
from hostkeep.policy.book import Notice, Retention
from hostkeep.policy.draft import Block, Draft
from hostkeep.policy.duties import Age, Archive, Breach, Duties, MailCap, Right

NOTHING = timedelta(0)


def retention_of(draft: Draft) -> Mapping[str, Retention]:
    """Form the rule of each class; an archive clause is the rule of the class `archive`."""
    rules = {}
    for block in draft.of_kind("retain", "archive"):
        name = block.keys.get("class", "archive")
        rules[name] = Retention(
            keep_class=name,
            until=block.keys["until"],
            plus=block.keys["plus"],
            then=block.keys.get("then", "erase"),
            reads=frozenset(PurposeId(each) for each in block.keys.get("reads", ())),
            clause=block.clause,
            hold=block.keys.get("for", NOTHING),
            at_closing=block.keys.get("at_closing", ""),
        )
    return MappingProxyType(rules)


def notice_of(draft: Draft) -> Notice:
    """Form how changes come, of the one block that says so."""
    block = next(each for each in draft.of_kind("change_notice") if "mode" in each.keys)
    return Notice(
        mode=block.keys["mode"],
        period=block.keys.get("period", NOTHING),
        by=block.keys["by"],
        reject=block.keys.get("reject", False),
        clause=block.clause,
        minor_by=block.keys.get("minor_by", ("policy_page",)),
    )


def duties_of(draft: Draft) -> Duties:
    """Form what single rooms owe."""
    return Duties(
        archive=_archive(next(draft.of_kind("archive"), None)),
        age=_age(next(draft.of_kind("age"), None)),
        breach=_breach(next(draft.of_kind("breach"), None)),
        rights=_rights(draft),
        grant_longest=_first(draft, "longest", None),
        backups=_first(draft, "within", None),
        never_ask=draft.by_category("never_ask"),
        cap=_cap(draft),
        review_links="review" in _keys(draft),
        by_use=_first(draft, "by_use", missing=False),
        accepts=_accepts(draft),
        smallest_group=_first(draft, "smallest_group", 0),
        support_note="on_close" in _keys(draft),
        first_reply=_first(draft, "first_reply", None),
        department=_first(draft, "department", ""),
        nobody=next((each.clause for each in draft.placed("nobody") if each.thing), ClauseId("")),
        measured_by=draft.by_word("measures"),
    )


def _keys(draft: Draft) -> set[str]:
    """Return all keys that stand in any block."""
    return {key for block in draft.blocks for key in block.keys}


def _first(draft: Draft, key: str, missing: Any) -> Any:
    """Return the first thing under a key, or what stands for a missing one."""
    return next((found.thing for found in draft.placed(key)), missing)


def _archive(block: Block | None) -> Archive | None:
    """Form the archive."""
    if block is None:
        return None
    return Archive(frozenset(CategoryId(each) for each in block.keys["categories"]), block.clause)


def _age(block: Block | None) -> Age | None:
    """Form the rule of age."""
    if block is None:
        return None
    return Age(block.keys["minimum"], block.keys.get("guardian", False), block.clause)


def _breach(block: Block | None) -> Breach | None:
    """Form the deadlines of a breach."""
    if block is None:
        return None
    return Breach(block.keys["authority"], block.keys["owners"], block.clause)


def _rights(draft: Draft) -> Mapping[str, Right]:
    """Form the rights, by id."""
    rights = {}
    for found in draft.named("rights"):
        name, entry = found.thing
        mailbox = entry.get("mailbox", "")
        acknowledge = entry.get("acknowledge_within")
        rights[name] = Right(name, entry["how"], entry.get("within"), mailbox, found.clause, acknowledge)
    return MappingProxyType(rights)


def _accepts(draft: Draft) -> frozenset[PurposeId]:
    """Form what going on using the service accepts."""
    named = (each for block in draft.of_kind("acceptance") for each in block.keys.get("purposes", ()))
    return frozenset(PurposeId(each) for each in named)


def _cap(draft: Draft) -> MailCap | None:
    """Form the cap on mass mail."""
    caps = (MailCap(each.thing["mails"], each.thing["per"], each.clause) for each in draft.placed("cap"))
    return next(caps, None)
