"""Who an invoice is for: what the policy let us ask, as it stands at issue."""

from __future__ import annotations

import json

from hostkeep.billing.rules.party import Party
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId
from hostkeep.people.queries import AccountRow
from hostkeep.vault import door

ASKED = ("name", "company", "address", "tax_id", "email")


def party_of(act: Act, buyer: AccountRow) -> Party:
    """Return the buyer's block, as far as the policy lets billing read it.

    act  in role "system", for purpose "billing"
    """
    table = policy_for(act.brand, buyer.subject, act.at).table
    readable = [CategoryId(c) for c in ASKED if (CategoryId(c), act.purpose, act.role) in table]
    wishes = [door.Wish(buyer.subject, category) for category in readable]
    found = door.reveal_many(act, wishes=wishes) if wishes else {}
    values = {wish.category: sealed.open() for wish, sealed in found.items() if sealed is not None}
    address = json.loads(values.get(CategoryId("address"), "{}"))
    return Party(
        number=buyer.number,
        name=values.get(CategoryId("name"), ""),
        company=values.get(CategoryId("company"), ""),
        address=address.get("address", ""),
        city=address.get("city", ""),
        postal_code=address.get("postal_code", ""),
        region=address.get("region", ""),
        country=address.get("country", ""),
        tax_id=values.get(CategoryId("tax_id"), ""),
        email=values.get(CategoryId("email"), ""),
    )
