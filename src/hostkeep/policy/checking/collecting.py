"""Does what comes in come in by a rule, and never what a rule forbids?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hostkeep.kernel.ids import CategoryId
from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Draft, Placed
from hostkeep.policy.shapes import listed
from hostkeep.policy.vocabulary.terms import family

BY_STATEMENT = {"adult": ("adult",), "accept_policy": ("acceptance",), "public_post": ("acceptance",)}
"""Statements, and the categories of the record each of them makes."""


@dataclass(frozen=True, slots=True)
class GatewayNeeds:
    """What a payment gateway cannot do without.

    has        categories the policy must declare
    clashes    categories no clause may forbid
    recipient  the recipient the policy must name, or ""
    """

    has: tuple[str, ...] = ("payment_ref",)
    clashes: tuple[str, ...] = ("payment_ref",)
    recipient: str = ""


GATEWAYS = {
    "testpay": GatewayNeeds(),
    "bank_transfer": GatewayNeeds(clashes=("payment_ref", "bank_account")),
    "stripe": GatewayNeeds(recipient="stripe"),
}


def refuse_forbidden(desk: Desk, draft: Draft) -> None:
    """Refuse a declared category, or a gateway's need, that a clause forbids."""
    for never in _nevers(draft):
        for category in draft.categories:
            if category in family(never.thing):
                says = f"The category `{category}` exists, but {never.clause} forbids `{never.thing}`."
                desk.say(("categories", category), says, "Take out one of the two.")
        for gateway in draft.head.get("gateways", ()):
            clash = [name for name in GATEWAYS[gateway].clashes if name in family(never.thing)]
            if clash:
                says = (
                    f"The gateway `{gateway}` needs `{clash[0]}`, but {never.clause} forbids `{never.thing}`."
                )
                desk.say(("policy", "gateways"), says, "Take the gateway out, or the prohibition.")


def _nevers(draft: Draft) -> Iterator[Placed[CategoryId]]:
    """Go through all forbidden categories."""
    for found in draft.placed("never"):
        for name in found.thing:
            yield Placed(found.at, found.clause, CategoryId(name))


def miss_gateway_needs(desk: Desk, draft: Draft) -> None:
    """Refuse a gateway that lacks a category or a recipient."""
    recipients = {found.thing[0] for found in draft.named("recipients")}
    for gateway in draft.head.get("gateways", ()):
        needs = GATEWAYS[gateway]
        for category in needs.has:
            if category not in draft.categories:
                says = f"The gateway `{gateway}` needs the category `{category}`."
                desk.say(("policy", "gateways"), says, "Declare it, or take the gateway out.")
        if needs.recipient and needs.recipient not in recipients:
            says = f"The gateway `{gateway}` sends data to `{needs.recipient}`, who is no recipient here."
            instead = f"Add a recipient `{needs.recipient}`, or take the gateway out."
            desk.say(("policy", "gateways"), says, instead)


def miss_collecting(desk: Desk, draft: Draft) -> None:
    """Refuse a category that no form asks, no statement records and nothing gathers."""
    coming = {found.thing[1] for found in draft.on_forms("forms")}
    coming |= {name for found in draft.placed("gathers") for name in found.thing}
    coming |= {name for box in draft.on_forms("statements") for name in BY_STATEMENT.get(box.thing[1], ())}
    coming |= {"guardian" for found in draft.placed("guardian") if found.thing}
    for category in draft.categories:
        if category not in coming:
            says = f"The category `{category}` comes in nowhere."
            desk.say(
                ("categories", category), says, "Ask it in a form, name it under `gathers`, or take it out."
            )


def miss_readers(desk: Desk, draft: Draft) -> None:
    """Refuse a form field that nobody may read for anything."""
    read = {category for allow in draft.allows() for category in allow.thing.categories}
    for found in draft.on_forms("forms"):
        form, category, _ = found.thing
        if category not in read:
            says = f"The form {form} asks for `{category}`, which nobody may use for anything."
            desk.say(found.at, says, "Allow a use of it, or do not ask.")


def miss_forms(desk: Desk, draft: Draft) -> None:
    """Refuse a policy without sign-up, and boxes on a form that no clause opens."""
    forms = {found.thing[0] for found in draft.named("forms")}
    fields = {found.thing[:2] for found in draft.on_forms("forms")}
    if ("signup", "email") not in fields:
        desk.say(
            ("clauses",),
            "No form `signup` asks for `email`, so nobody can log in.",
            "Add it to a collect clause.",
        )
    for key in ("statements", "choices"):
        for found in draft.named(key):
            if found.thing[0] not in forms:
                says = f"There are {key} on the form `{found.thing[0]}`, which no collect clause opens."
                desk.say(
                    found.at, says, f"Open one of: {listed(sorted(forms)) or 'signup'}; `{{}}` asks nothing."
                )
