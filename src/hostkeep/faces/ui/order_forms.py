"""What an order asks, as the policy declares it: one reading for checkout and API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import ClauseId
from hostkeep.kernel.words import gettext_noop
from hostkeep.policy.book import Form, Policy


class MayNotAsk(Foreseen):
    """A product needs what the policy does not let us ask.  needed: the category."""

    code = "checkout.category.undeclared"
    title = gettext_noop("Our privacy policy does not let us ask what one of these products needs.")
    status = 409


def order_form(policy: Policy, requires: tuple[str, ...]) -> Form:
    """Return the policy's order form with what these products need, and nothing beyond.

    requires  categories the products need; they are demanded then
    Raises MayNotAsk if the form has no such field.
    """
    form = policy.forms.get("order") or Form("order", (), (), (), closing_clause(policy))
    declared = {field.category for field in form.fields}
    for category in requires:
        if category not in declared:
            raise MayNotAsk(needed=category, clause=form.closed_by)
    fields = tuple(
        replace(field, required=True) if field.category in requires else field
        for field in form.fields
        if field.required or field.category in requires
    )
    return replace(form, fields=fields)


def as_chosen(form: Form, choices: Mapping[str, bool]) -> Form:
    """Return the form with its message boxes as the customer left them.

    choices  their last word on each stream, by its id; one never answered stays as the form offers it
    """
    boxes = tuple(replace(box, ticked=choices.get(box.stream, box.ticked)) for box in form.choices)
    return replace(form, choices=boxes)


def closing_clause(policy: Policy) -> ClauseId:
    """Return the clause named to who posts what the shop does not ask."""
    form = policy.forms.get("order") or policy.forms.get("signup")
    return form.closed_by if form else ClauseId("")
