"""What the customer told us at sign-up, as it may be shown and corrected: one reading for page and API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from hostkeep.faces.ui.fields import ADDRESS_INPUTS, PASSWORD
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.people.queries import AccountRow
from hostkeep.policy.book import Form, Policy
from hostkeep.policy.vocabulary.terms import ADDRESS
from hostkeep.vault import door

EMAIL = CategoryId("email")
ACCOUNT = PurposeId("account")


def correctable(policy: Policy) -> Form:
    """Return the sign-up form without what is changed elsewhere: address of the login, password, boxes."""
    signup = policy.forms["signup"]
    fields = tuple(
        field
        for field in signup.fields
        if field.category not in {EMAIL, PASSWORD} and (field.category, ACCOUNT, "customer") in policy.table
    )
    return replace(signup, fields=fields, statements=(), choices=())


def known_values(act: Act, account: AccountRow, policy: Policy) -> Mapping[CategoryId, str]:
    """Return what the vault keeps of the profile, by category: the customer's own, through the door."""
    categories = [field.category for field in correctable(policy).fields]
    if (EMAIL, act.purpose, act.role) in policy.table:
        categories.append(EMAIL)
    found = door.reveal_many(act, wishes=[door.Wish(account.subject, category) for category in categories])
    return {wish.category: sealed.open() for wish, sealed in found.items() if sealed is not None}


def as_inputs(known: Mapping[CategoryId, str]) -> Mapping[str, str]:
    """Return values by the names of their inputs: an address falls into its five."""
    inputs = {str(category): value for category, value in known.items() if category != ADDRESS}
    parts = json.loads(known.get(ADDRESS, "{}"))
    return inputs | {name: str(parts.get(name, "")) for name in ADDRESS_INPUTS}


def changes(
    form: Form, known: Mapping[CategoryId, str], answers: Mapping[CategoryId, str]
) -> Mapping[CategoryId, str]:
    """Return what differs from what is known, by category; an empty text where a value was taken away."""
    wanted = {field.category: answers.get(field.category, "") for field in form.fields}
    return {category: value for category, value in wanted.items() if value != known.get(category, "")}
