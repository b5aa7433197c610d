"""What the law of the places a policy names does not allow.

The rules only tighten.  They are a reading aid for the operator and no legal advice.  The source of each
stands in rules.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Draft, Placed
from hostkeep.policy.rules import RULES
from hostkeep.policy.shapes import listed
from hostkeep.policy.vocabulary.terms import terms

RIGHTS: Mapping[str, tuple[str, ...]] = {
    "lint.rights.eu": ("access", "correct", "erase", "export"),
    "lint.rights.vn": ("access", "correct", "erase"),
    "lint.rights.us_ca": ("access", "correct", "erase"),
}
"""The rights that the law of a place gives, by the rule that asks for them."""

NO_ADVERTISING = ("announcements",)
"""Mass mail that may not carry an offer, and so is no advertising."""


def holds(desk: Desk, rule: str) -> bool:
    """Say whether a rule holds for the policy: everywhere, or in a place it names."""
    places = RULES[rule].places
    return not places or any(place in desk.places for place in places)


def refuse_promotions(desk: Desk, draft: Draft) -> None:
    """Refuse advertising that is on by itself where the law asks first, or names no place to write to."""
    offered = {found.thing[1] for found in draft.on_forms("choices") if found.thing[0] == "signup"}
    for found in _advertising(draft):
        stream, entry = found.thing
        if holds(desk, "lint.promotion.postal") and not draft.head.get("controller", {}).get("postal"):
            says = f"In the US each mail of `{stream}` must carry a postal address, and the policy has none."
            instead = "Add `postal` to `controller`."
            desk.say(found.at, says, instead, rule="lint.promotion.postal")
        basis = draft.basis(draft.purpose_of(stream, entry))
        if entry["default"] == "on" and not (basis == "consent" and holds(desk, "lint.consent.implied")):
            soft = entry.get("own_only") and basis == "legitimate_interest" and stream in offered
            _refuse_unasked(desk, found, soft=bool(soft))


def _refuse_unasked(desk: Desk, found: Placed[tuple[str, Any]], *, soft: bool) -> None:
    """Refuse advertising that is on by itself.  soft: for own products, refusable at sign-up."""
    stream = found.thing[0]
    if holds(desk, "lint.promotion.vn"):
        says = f"In Vietnam `{stream}` is sent only to who asked for it."
        desk.say(found.at, says, "Write `default: off`.", rule="lint.promotion.vn")
    if holds(desk, "lint.promotion.eu") and not soft:
        says = f"In the EU `{stream}` may be on by itself only for own products, refusable at sign-up."
        instead = "Write `default: off`; or own_only, basis legitimate_interest and a choice on signup."
        desk.say(found.at, says, instead, rule="lint.promotion.eu")


def _advertising(draft: Draft) -> Iterator[Placed[tuple[str, Any]]]:
    """Go through the streams of advertising."""
    for found in draft.named("streams"):
        if terms("stream")[found.thing[0]].mark == "mass" and found.thing[0] not in NO_ADVERTISING:
            yield found


def refuse_implied(desk: Desk, draft: Draft) -> None:
    """Refuse a consent that nobody gave: a stream on by itself, or going on as a yes."""
    for found in draft.named("streams"):
        stream, entry = found.thing
        asked = draft.basis(draft.purpose_of(stream, entry)) == "consent"
        if asked and entry["default"] == "on" and holds(desk, "lint.consent.implied"):
            says = f"`{stream}` rests on consent, but is on before anybody gave one."
            desk.say(found.at, says, "Write `default: off`.", rule="lint.consent.implied")
    for block in draft.of_kind("acceptance"):
        asked_for = [name for name in block.keys.get("purposes", ()) if draft.basis(name) == "consent"]
        if block.keys.get("by_use") and asked_for and holds(desk, "lint.consent.by_use"):
            says = f"Going on using the service is no consent to {listed(asked_for)}."
            instead = "Take these out of `purposes`, and ask for a yes of its own."
            desk.say((*block.at, "purposes"), says, instead, rule="lint.consent.by_use")


def refuse_ticked(desk: Desk, draft: Draft) -> None:
    """Refuse a ticked box where no box may come ticked."""
    own = {found.thing[0]: draft.purpose_of(*found.thing) for found in draft.named("streams")}
    for box in draft.on_forms("choices"):
        _, stream, state = box.thing
        if state == "ticked" and draft.basis(own.get(stream, "")) == "consent":
            says = f"A box that comes ticked is no consent to `{stream}`."
            desk.say(box.at, says, "Write `unticked`.", rule="lint.consent.ticked")
        elif state == "ticked" and holds(desk, "lint.consent.ticked_vn"):
            says = "In Vietnam no box may come ticked."
            desk.say(box.at, says, "Write `unticked`.", rule="lint.consent.ticked_vn")


def refuse_sudden_changes(desk: Desk, draft: Draft) -> None:
    """Refuse a material change that is in force before anybody could hear of it."""
    for found in draft.placed("mode"):
        if found.thing in ("page", "attempt") and holds(desk, "lint.notice.at_once"):
            says = "In the EU a change that matters is told of before it applies."
            instead = "Write `mode: mail` or `mode: ahead`, with a `period` such as `P30D`."
            desk.say(found.at, says, instead, rule="lint.notice.at_once")


def refuse_hard_withdrawal(desk: Desk, draft: Draft) -> None:
    """Refuse a consent that is given by a click and taken back by a letter."""
    for found in draft.named("rights"):
        name, entry = found.thing
        if name == "withdraw" and entry["how"] == "mail" and holds(desk, "lint.consent.harder"):
            says = "Taking a consent back must be as easy as giving it, which is done on a page."
            desk.say(found.at, says, "Write `how: client_area`.", rule="lint.consent.harder")


def miss_rights(desk: Desk, draft: Draft) -> None:
    """Refuse a policy without the rights the law gives."""
    owed = {rule: rights for rule, rights in RIGHTS.items() if holds(desk, rule)}
    if "consent" in draft.purposes.values() and holds(desk, "lint.consent.withdraw"):
        owed["lint.consent.withdraw"] = ("withdraw",)
    given = {found.thing[0] for found in draft.named("rights")}
    for rule, rights in owed.items():
        for right in rights:
            if right not in given:
                says = f"The right `{right}` is missing, which the law gives: {RULES[rule].source}."
                instead = f"Add `{right}: {{how: client_area}}` to a block of the kind `rights`."
                desk.say(("clauses",), says, instead, rule=rule)
