"""Does what comes in come in by a rule, and never what a rule forbids?"""

from __future__ import annotations

from collections.abc import Iterator

from hostkeep.kernel.ids import CategoryId
from hostkeep.policy.desk import Desk
from hostkeep.policy.draft import Draft, Placed
from hostkeep.policy.shapes import listed

BY_STATEMENT = {"adult": ("adult",), "accept_policy": ("acceptance",), "public_post": ("acceptance",)}
"""Statements, and the categories of the record each of them makes."""


def refuse_forbidden(desk: Desk, draft: Draft) -> None:
    """Refuse a declared category that a clause forbids."""
    for never in nevers(draft):
        for category in draft.categories:
            if category in draft.family(never.thing):
                says = f"The category `{category}` exists, but {never.clause} forbids `{never.thing}`."
                instead = "Take out one of the two."
                desk.say(("categories", category), says, instead, rule="lint.category.forbidden")


def nevers(draft: Draft) -> Iterator[Placed[CategoryId]]:
    """Go through all forbidden categories."""
    for found in draft.placed("never"):
        for name in found.thing:
            yield Placed(found.at, found.clause, CategoryId(name))


def miss_collecting(desk: Desk, draft: Draft) -> None:
    """Refuse a category that no form asks, no statement records and nothing gathers."""
    coming = {found.thing[1] for found in draft.on_forms("forms")}
    coming |= {name for found in draft.placed("gathers") for name in found.thing}
    coming |= {name for box in draft.on_forms("statements") for name in BY_STATEMENT.get(box.thing[1], ())}
    coming |= {"guardian" for found in draft.placed("guardian") if found.thing}
    for category in draft.categories:
        if category not in coming:
            says = f"The category `{category}` comes in nowhere."
            instead = "Ask it in a form, name it under `gathers`, or take it out."
            desk.say(("categories", category), says, instead, rule="lint.category.unsourced")


def miss_readers(desk: Desk, draft: Draft) -> None:
    """Refuse a form field that nobody may read for anything."""
    read = {category for allow in draft.allows() for category in allow.thing.categories}
    for found in draft.on_forms("forms"):
        form, category, _ = found.thing
        if category not in read:
            says = f"The form {form} asks for `{category}`, which nobody may use for anything."
            instead = "Allow a use of it, or do not ask."
            desk.say(found.at, says, instead, rule="lint.category.unread")


def miss_forms(desk: Desk, draft: Draft) -> None:
    """Refuse a policy without sign-up, and boxes on a form that no clause opens."""
    forms = {found.thing[0] for found in draft.named("forms")}
    fields = {found.thing[:2] for found in draft.on_forms("forms")}
    if ("signup", "email") not in fields:
        desk.say(
            ("clauses",),
            "No form `signup` asks for `email`, so nobody can log in.",
            "Add it to a collect clause.",
            rule="lint.form.signup",
        )
    for key in ("statements", "choices"):
        for found in draft.named(key):
            if found.thing[0] not in forms:
                says = f"There are {key} on the form `{found.thing[0]}`, which no collect clause opens."
                instead = f"Open one of: {listed(sorted(forms)) or 'signup'}; `{{}}` asks nothing."
                desk.say(found.at, says, instead, rule="lint.form.closed")
