"""Prints an invoice: fetches the sheet, the brand and the buyer's block, and renders them."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.billing.boxing import PARTY
from hostkeep.billing.documents.composing import Keeping, Paper, compose
from hostkeep.billing.documents.rendering import render_invoice
from hostkeep.billing.documents.wording import YEAR
from hostkeep.billing.queries.invoices import InvoiceSheet, SheetTold, sheet
from hostkeep.billing.rules.gateways import offered
from hostkeep.billing.rules.party import Party, from_json
from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId
from hostkeep.policy.book import Policy
from hostkeep.vault import door
from hostkeep.vault.column_door import use_columns

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

    def printed(told: SheetTold, party: Party | None) -> bytes:
        return render_invoice(compose(paper_of(act, told, wanted, party)))

    def titled(opened: tuple[SheetTold | None, ...]) -> bytes:
        # Without titles or a block, or after their key was destroyed, an invoice still has number and sums.
        told = opened[0] or found.without("-")
        paper = door.use(
            act, subject=found.subject, category=PARTY, slot=str(found.id),
            fn=lambda block: printed(told, from_json(block)),
        )  # fmt: skip
        return paper or printed(told, None)

    return use_columns(act, wishes=[found.wish], fn=titled)


def buyer_of(act: Act, found: InvoiceSheet) -> Party | None:
    """Return the buyer's block of an invoice for a page, or None if there is none.

    Raises the vault's Refused.
    """
    return door.use(act, subject=found.subject, category=PARTY, slot=str(found.id), fn=from_json)


def paper_of(act: Act, found: SheetTold, wanted: Wanted, party: Party | None) -> Paper:
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
