"""Who an invoice is for: what the policy let us ask, as it stands at issue."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from hostkeep.billing.rules.party import Party
from hostkeep.brands.applying import versions_for
from hostkeep.brands.queries import brand, policy_by_digest
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, SubjectId
from hostkeep.people.queries import AccountRow
from hostkeep.vault import door

PAYMENT_REF = CategoryId("payment_ref")
PAID_FROM = "paid_from"
"""The slot that holds the country of the newest payment and its handle; see flows.payer_places."""

ASKED = ("name", "company", "address", "tax_id", "email")


def party_of(act: Act, buyer: AccountRow) -> Party:
    """Return the buyer's block, as far as the policy lets billing read it.

    act  in role "system", for purpose "billing"
    """
    return parties_of(act, [buyer])[buyer.id]


def parties_of(act: Act, buyers: Sequence[AccountRow]) -> dict[AccountId, Party]:
    """Return the blocks of several buyers of act.brand, as party_of, in one look through the wall."""
    versions = versions_for(act.brand, {buyer.subject for buyer in buyers}, act.at)
    tables = {who: policy_by_digest(row.digest).table for who, row in versions.items()}
    wishes = [
        door.Wish(buyer.subject, CategoryId(category))
        for buyer in buyers
        for category in ASKED
        if (CategoryId(category), act.purpose, act.role) in tables[buyer.subject]
    ]
    if "tax" in brand(act.brand).words:
        wishes += [
            door.Wish(buyer.subject, PAYMENT_REF, PAID_FROM)
            for buyer in buyers
            if (PAYMENT_REF, act.purpose, act.role) in tables[buyer.subject]
        ]
    found = door.reveal_many(act, wishes=wishes) if wishes else {}
    values: dict[SubjectId, dict[str, str]] = {buyer.subject: {} for buyer in buyers}
    for wish, sealed in found.items():
        if sealed is not None:
            values[wish.subject][wish.category] = sealed.open()
    return {buyer.id: _party(buyer, values[buyer.subject]) for buyer in buyers}


def _party(buyer: AccountRow, values: Mapping[str, str]) -> Party:
    """Make a buyer's block of opened values, by category."""
    address = json.loads(values.get("address", "{}"))
    return Party(
        number=buyer.number,
        name=values.get("name", ""),
        company=values.get("company", ""),
        address=address.get("address", ""),
        city=address.get("city", ""),
        postal_code=address.get("postal_code", ""),
        region=address.get("region", ""),
        country=address.get("country", ""),
        tax_id=values.get("tax_id", ""),
        email=values.get("email", ""),
        paid_from=values.get(PAYMENT_REF, "").partition(" ")[0],
    )
