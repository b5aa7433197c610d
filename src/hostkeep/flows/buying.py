"""A buyer as an invoice of today names and taxes them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import BilledTo, to_json
from hostkeep.billing.rules.taxing.prices import due
from hostkeep.brands.applying import policy_for
from hostkeep.flows.buyers import party_of
from hostkeep.flows.taxing import Taxing, taxing_many
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, PurposeId
from hostkeep.people.queries import account as account_row

BILLING = PurposeId("billing")
PARTY = CategoryId("invoice_party")


@dataclass(frozen=True, slots=True)
class Buying:
    """A buyer.  to: with the block that their policy keeps; taxing: how their purchases are taxed."""

    to: BilledTo
    taxing: Taxing

    def taxed_anew(self, line: Line, product: str) -> Line:
        """Return a line of an earlier document as it is billed now.

        Its price has the tax of that day in it where the brand's prices do, and not the list's.
        """
        found, seller, unit = self.taxing.decide(product), self.taxing.seller, line.unit
        if seller is not None and self.taxing.brand.prices == "gross":
            unit = due(unit, home_rate=line.tax_rate, rate=found.rate, inclusive=seller.settings.inclusive)
        return replace(
            line, unit=unit, tax_rate=found.rate, tax_category=found.category, exemption=found.exemption
        )


def buying_of(act: Act, account: AccountId) -> Buying:
    """Return an account as act.brand's invoices name and tax it now."""
    under = act.in_role("system").for_purpose(BILLING)
    buyer = account_row(account)
    party = party_of(under, buyer)
    taxing = taxing_many(under, {buyer.id: party})[buyer.id]
    keeps = PARTY in policy_for(act.brand, buyer.subject, act.at).categories
    block = to_json(taxing.placed(party)) if keeps else ""
    return Buying(BilledTo(buyer.id, buyer.subject, block, taxing.decision), taxing)
