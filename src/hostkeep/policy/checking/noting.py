"""What may be written but nobody should be proud of: told, never refused."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Draft

LONG_TRAFFIC = timedelta(days=30)
LONG_KEEPING = timedelta(days=3660)
SMALL_GROUP = 10
PARTNER = ("partner", "đối tác")
"""Words that speak of somebody without saying who."""


def note_long_keeping(desk: Desk, draft: Draft) -> None:
    """Note what is kept for long."""
    for block in draft.of_kind("retain", "archive"):
        span = block.keys["plus"] + block.keys.get("for", timedelta(0))
        if block.keys.get("class") == "traffic" and span > LONG_TRAFFIC:
            says = "Traffic is kept for more than 30 days."
            desk.say(block.at, says, "Write `plus: P30D` or less.", rule="lint.traffic.long")
        if span > LONG_KEEPING:
            says = "This is kept for more than ten years."
            desk.say(block.at, says, "Write `plus: P10Y3D` or less.", rule="lint.retain.long")


def note_small_groups(desk: Desk, draft: Draft) -> None:
    """Note groups so small that one can guess who is in them."""
    for found in draft.placed("smallest_group"):
        if found.thing < SMALL_GROUP:
            says = "In groups this small people can be guessed."
            desk.say(found.at, says, "Write 10 or more.", rule="lint.group.small")


def note_silent_changes(desk: Desk, draft: Draft) -> None:
    """Note a policy that changes without telling anybody."""
    for found in draft.placed("mode"):
        if found.thing == "page":
            says = "Changes come without telling anybody."
            desk.say(found.at, says, "`mail` with a period is fairer.", rule="lint.notice.silent")


def note_unweighed_interests(desk: Desk, draft: Draft) -> None:
    """Note a legitimate interest of which nobody wrote down why it outweighs the person's.

    Source: Regulation (EU) 2016/679, art. 6(1)(f); EDPB Guidelines 1/2024, on the three steps.
    """
    for name, basis in draft.purposes.items():
        if basis == "legitimate_interest" and name not in draft.balances:
            says = f"Nothing says why the interest behind `{name}` outweighs the person's."
            instead = f"Write `{name}: {{basis: legitimate_interest, balance: {{en: ...}}}}`."
            desk.say(("purposes", name), says, instead, rule="lint.interest.unweighed")


def note_unnamed_partners(desk: Desk, draft: Draft) -> None:
    """Note a recipient who is called a partner and nothing more."""
    for found in draft.named("recipients"):
        name, entry = found.thing
        if any(word in label.lower() for label in entry["label"].values() for word in PARTNER):
            says = f"`{name}` is called a partner: people cannot tell who that is."
            instead = "Give the label the partner's own name, one recipient for each."
            desk.say(found.at, says, instead, rule="lint.partner.unnamed")
