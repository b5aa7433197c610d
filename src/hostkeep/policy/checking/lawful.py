"""What the law of the places a policy names does not allow, and what it allows but nobody should be proud of.

The rules only tighten.  They are a reading aid for the operator and no legal advice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Draft, Placed
from hostkeep.policy.vocabulary.terms import terms

LONG_TRAFFIC = timedelta(days=30)
LONG_KEEPING = timedelta(days=3660)
SMALL_GROUP = 10
EU_RIGHTS = ("access", "correct", "erase", "export")
NO_ADVERTISING = ("announcements",)
"""Mass mail that may not carry an offer, and so is no advertising."""


def miss_opt_in(desk: Desk, draft: Draft) -> None:
    """Refuse advertising that is on by itself where the law asks first.

    Source: Directive 2002/58/EC, art. 13(2): own similar products, a chance to refuse when the address is
    given; Decree 91/2020/ND-CP of Vietnam: prior consent.
    """
    places = draft.head.get("jurisdictions", ())
    offered = {found.thing[1] for found in draft.on_forms("choices") if found.thing[0] == "signup"}
    for found in _advertising(draft):
        stream, entry = found.thing
        if entry["default"] == "on" and "vn" in places:
            says = f"In Vietnam `{stream}` is sent only to who asked for it."
            desk.say(found.at, says, "Write `default: off`.", level="unlawful")
        soft = entry.get("own_only") and draft.basis(draft.purpose_of(stream, entry)) == "legitimate_interest"
        if entry["default"] == "on" and "eu" in places and not (soft and stream in offered):
            says = f"In the EU `{stream}` may be on by itself only for own products, refusable at sign-up."
            instead = "Write `default: off`; or own_only, basis legitimate_interest and a choice on signup."
            desk.say(found.at, says, instead, level="unlawful")


def _advertising(draft: Draft) -> Iterator[Placed[tuple[str, Any]]]:
    """Go through the streams of advertising."""
    for found in draft.named("streams"):
        if terms("stream")[found.thing[0]].mark == "mass" and found.thing[0] not in NO_ADVERTISING:
            yield found


def refuse_ticked(desk: Desk, draft: Draft) -> None:
    """Refuse a ticked box where no box may come ticked.

    Source: Law 91/2025/QH15 of Vietnam on personal data: silence and boxes ticked in advance are no consent.
    """
    if "vn" in draft.head.get("jurisdictions", ()):
        for box in draft.on_forms("choices"):
            if box.thing[2] == "ticked":
                desk.say(box.at, "In Vietnam no box may come ticked.", "Write `unticked`.", level="unlawful")


def miss_rights(desk: Desk, draft: Draft) -> None:
    """Refuse a policy without the rights the law gives.

    Source: Regulation (EU) 2016/679, art. 7(3), 15, 16, 17, 20.
    """
    owed: list[str] = []
    if "eu" in draft.head.get("jurisdictions", ()):
        owed.extend(EU_RIGHTS)
        if "consent" in draft.purposes.values():
            owed.append("withdraw")
    given = {found.thing[0] for found in draft.named("rights")}
    for right in owed:
        if right not in given:
            says = f"The right `{right}` is missing, which EU law gives."
            instead = f"Add `{right}: {{how: client_area}}` to a block of the kind `rights`."
            desk.say(("clauses",), says, instead, level="unlawful")


def note_long_keeping(desk: Desk, draft: Draft) -> None:
    """Note what is kept for long."""
    for block in draft.of_kind("retain", "archive"):
        span = block.keys["plus"] + block.keys.get("for", timedelta(0))
        if block.keys.get("class") == "traffic" and span > LONG_TRAFFIC:
            desk.say(block.at, "Traffic is kept for more than 30 days.", "Is it needed?", level="weak")
        if span > LONG_KEEPING:
            desk.say(block.at, "This is kept for more than ten years.", "Is it needed?", level="weak")


def note_small_groups(desk: Desk, draft: Draft) -> None:
    """Note groups so small that one can guess who is in them."""
    for found in draft.placed("smallest_group"):
        if found.thing < SMALL_GROUP:
            desk.say(
                found.at, "In groups this small people can be guessed.", "Write 10 or more.", level="weak"
            )


def note_silent_changes(desk: Desk, draft: Draft) -> None:
    """Note a policy that changes without telling anybody."""
    for found in draft.placed("mode"):
        if found.thing == "page":
            says = "Changes come without telling anybody."
            desk.say(found.at, says, "`mail` with a period is fairer.", level="weak")
