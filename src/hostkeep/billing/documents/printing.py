"""Prints a document: fetches the sheet, the brand and the buyer's block, and renders them, or states them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hostkeep.billing.boxing import PARTY
from hostkeep.billing.documents.composing import Keeping, Paper, about_of, compose, tax_reasons
from hostkeep.billing.documents.rendering import render_invoice
from hostkeep.billing.documents.wording import YEAR
from hostkeep.billing.einvoice.cii import write_cii
from hostkeep.billing.einvoice.stating import Said, classed, lacking, state
from hostkeep.billing.queries.corrections import relations_of
from hostkeep.billing.queries.invoices import InvoiceSheet, SheetTold, sheet
from hostkeep.billing.rules.gateways import offered
from hostkeep.billing.rules.numbering import PROFORMA
from hostkeep.billing.rules.party import Party, from_json
from hostkeep.brands.queries import brand, policy_in_force
from hostkeep.brands.sellers import as_issued
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId
from hostkeep.policy.book import Policy
from hostkeep.vault import door
from hostkeep.vault.column_door import use_columns

BANK = "bank_transfer"

OF_BUYER = frozenset({"buyer", "numbers"})
"""What only the buyer's block tells of why a document has no electronic form: words of einvoice.stating."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an invoice is wanted.

    number    the customer's number, which stands in where the buyer's block is empty or gone
    language  a language tag: words in English or Vietnamese, amounts and days as that place writes them
    mark      the brand's logo as SVG, or empty
    """

    number: str
    language: str
    mark: str = ""


def print_invoice(act: Act, *, of: AccountId, invoice: InvoiceId, wanted: Wanted) -> bytes:
    """Return an account's document as PDF/A-3b, its electronic form attached where it has one.

    The buyer's block is read through the door for act.purpose, which is "billing"; the audit tells.
    Raises NoSuchInvoice, and the vault's Refused.
    """
    return _opened(act, sheet(invoice, of=of), wanted, printed)


def invoice_xml(act: Act, *, of: AccountId, invoice: InvoiceId, wanted: Wanted) -> bytes:
    """Return an account's document in its electronic form alone, or nothing where it has none.

    Reads and raises as print_invoice.
    """
    return _opened(act, sheet(invoice, of=of), wanted, xml_of)


def printed(paper: Paper) -> bytes:
    """Return a paper as PDF/A-3b."""
    return render_invoice(compose(paper), xml=xml_of(paper))


def xml_of(paper: Paper) -> bytes:
    """Return a paper in its electronic form, or nothing where it has none."""
    paper = replace(paper, sheet=classed(paper.sheet, paper.brand))
    party, before = paper.party, paper.others.corrects
    if party is None or lacking(paper.sheet, paper.brand, party):
        return b""
    said = Said(
        note=" ".join(about_of(paper)) if paper.sheet.reason else "",
        corrects=(before.number, before.issued_at) if before and before.kind != PROFORMA else None,
        reasons=tax_reasons(paper), bank=paper.bank,
    )  # fmt: skip
    return write_cii(state(paper.sheet, paper.brand, party, said))


def _opened(act: Act, found: InvoiceSheet, wanted: Wanted, make: Callable[[Paper], bytes]) -> bytes:
    """Open a document and its buyer's block, and make something of them."""

    def with_party(told: SheetTold, party: Party | None) -> bytes:
        return make(paper_of(act, told, wanted, party))

    def titled(opened: tuple[SheetTold | None, ...]) -> bytes:
        # Without titles or a block, or after their key was destroyed, an invoice still has number and sums.
        told = opened[0] or found.without("-")
        made = door.use(
            act, subject=found.subject, category=PARTY, slot=str(found.id),
            fn=lambda block: with_party(told, from_json(block)),
        )  # fmt: skip
        return with_party(told, None) if made is None else made

    return use_columns(act, wishes=[found.wish], fn=titled)


def may_be_stated(act: Act, found: SheetTold) -> bool:
    """Say whether a document may have an electronic form, by all but its buyer: nothing of them is opened.

    act  of its brand
    """
    kept = PARTY in policy_in_force(found.brand, act.at).categories
    seller = as_issued(brand(found.brand), found.issued_at)
    return kept and OF_BUYER.issuperset(lacking(classed(found, seller), seller, None))


def buyer_of(act: Act, found: InvoiceSheet) -> Party | None:
    """Return the buyer's block of an invoice for a page, or None if there is none.

    Raises the vault's Refused.
    """
    return door.use(act, subject=found.subject, category=PARTY, slot=str(found.id), fn=from_json)


def paper_of(act: Act, found: SheetTold, wanted: Wanted, party: Party | None) -> Paper:
    """Gather what a paper, or a page like one, needs besides the sheet: the seller as of its issue."""
    seller = as_issued(brand(found.brand), found.issued_at)
    policy = policy_in_force(found.brand, act.at)
    return Paper(
        sheet=found, brand=seller, keeping=keeping_of(policy), number=wanted.number, party=party,
        language=wanted.language, mark=wanted.mark,
        bank=BANK in offered(policy, installed=[BANK] if seller.bank else [], chosen=seller.payment),
        others=relations_of(found.id),
    )  # fmt: skip


def keeping_of(policy: Policy) -> Keeping:
    """Return how long a policy keeps invoices, and by which clause."""
    rule = policy.retention.get("fiscal")
    return Keeping(rule.plus // YEAR, rule.clause) if rule else Keeping(0, "")
