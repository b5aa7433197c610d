"""Prints an invoice: fetches the sheet, the brand and the buyer's block, and renders them."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.billing.documents.composing import Keeping, Paper, compose
from hostkeep.billing.documents.rendering import render_invoice
from hostkeep.billing.documents.wording import YEAR
from hostkeep.billing.queries.invoices import InvoiceSheet, sheet
from hostkeep.billing.rules.gateways import offered
from hostkeep.billing.rules.party import Party, from_json
from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId, InvoiceId
from hostkeep.policy.book import Policy
from hostkeep.vault import door

PARTY = CategoryId("invoice_party")
BANK = "bank_transfer"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an invoice is wanted.

    number    the customer's number, which stands in where the buyer's block is empty or gone
    language  "en" or "vi"
    mark      the brand's logo as SVG, or empty
    """

    number: str
    language: str
    mark: str = ""


def print_invoice(act: Act, *, of: AccountId, invoice: InvoiceId, wanted: Wanted) -> bytes:
    """Return an account's invoice as PDF/A-3b.

    The buyer's block is read through the door for act.purpose, which is "billing"; the audit tells.
    Raises NoSuchInvoice, and the vault's Refused.
    """
    found = sheet(invoice, of=of)

    def printed(party: Party | None) -> bytes:
        return render_invoice(compose(paper_of(act, found, wanted, party)))

    paper = door.use(
        act,
        subject=found.subject,
        category=PARTY,
        slot=str(found.id),
        fn=lambda block: printed(from_json(block)),
    )
    # Without a block, or after its keys were destroyed, the invoice still has its number and its sums.
    return paper or printed(None)


def buyer_of(act: Act, found: InvoiceSheet) -> Party | None:
    """Return the buyer's block of an invoice for a page, or None if there is none.

    Raises the vault's Refused.
    """
    return door.use(act, subject=found.subject, category=PARTY, slot=str(found.id), fn=from_json)


def paper_of(act: Act, found: InvoiceSheet, wanted: Wanted, party: Party | None) -> Paper:
    """Gather what a paper, or a page like one, needs besides the sheet."""
    seller = brand(found.brand)
    policy = policy_in_force(found.brand, act.at)
    return Paper(
        sheet=found, brand=seller, keeping=keeping_of(policy), number=wanted.number, party=party,
        language=wanted.language, mark=wanted.mark,
        bank=BANK in offered(policy, installed=[BANK] if seller.bank else [], chosen=seller.payment),
    )  # fmt: skip


def keeping_of(policy: Policy) -> Keeping:
    """Return how long a policy keeps invoices, and by which clause."""
    rule = policy.retention.get("fiscal")
    return Keeping(rule.plus // YEAR, rule.clause) if rule else Keeping(0, "")
