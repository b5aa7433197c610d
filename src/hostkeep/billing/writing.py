"""What billing's actions share: writing a document down, inside their transaction.

Only modules of `billing.actions` and `billing.booking` call this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from hostkeep.billing.boxing import BILLING, PARTY, seal_fingerprint, seal_titles
from hostkeep.billing.events import InvoiceIssued
from hostkeep.billing.models import Invoice, InvoiceLine, InvoiceTax, TaxDecision
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.lines import Line, Prices, Totals
from hostkeep.billing.rules.numbering import Kind, reference
from hostkeep.billing.rules.party import BilledTo
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref, SubjectId
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg, without_empty
from hostkeep.runtime.deeds import NewKey, Statement
from hostkeep.runtime.inserting import insert
from hostkeep.runtime.outbox import publish
from hostkeep.vault import door
from hostkeep.vault.column_door import use_columns

GONE = "-"
"""Stands for a title whose key was destroyed."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that has everything but its number.

    once     idempotency key; content: the digest by which it is known again
    sums     what the lines come to
    reason   of a note, a word of rules.reasons
    takes    of a note, the row of the line that a line corrects, by position
    """

    kind: Kind
    once: str
    content: str
    to: BilledTo
    lines: Sequence[Line]
    sums: Totals
    prices: Prices
    due_at: datetime
    corrects: UUID | None = None
    reason: str = ""
    takes: Mapping[int, int] = field(default_factory=dict)


def write(act: Act, draft: Draft, number: str, *, taken: Sequence[Statement] = ()) -> Invoice:
    """Write a document under a number; the database checks at commit that it equals its lines and tax.

    taken  the statement that takes the number, where that is still to be run
    """
    sums = draft.sums
    invoice = Invoice(
        id=uuid4(), once=draft.once, brand=act.brand, account=draft.to.account, subject=draft.to.subject,
        kind=draft.kind, number=number, reference=reference(number), currency=sums.gross.currency.code,
        prices=draft.prices, net_minor=sums.net.minor, tax_minor=sums.tax.minor,
        gross_minor=sums.gross.minor, line_count=len(draft.lines), corrects_id=draft.corrects,
        reason=draft.reason, issued_at=act.at, due_at=draft.due_at,
    )  # fmt: skip
    invoice.fingerprint = seal_fingerprint(act, invoice, draft.content)
    taxes = [
        InvoiceTax(
            invoice=invoice, rate=r.rate, category=r.category, exemption=r.exemption, net_minor=r.net.minor,
            tax_minor=r.tax.minor,
        )
        for r in sums.rates
    ]  # fmt: skip
    insert([invoice], _lines(act, invoice, draft), taxes, before=taken)
    return invoice


def _lines(act: Act, invoice: Invoice, draft: Draft) -> list[InvoiceLine]:
    """Return the lines of a document, their titles sealed."""
    titles = seal_titles(act, invoice, draft.lines)
    return [
        InvoiceLine(
            invoice=invoice, position=position, title=titles[position], quantity=line.quantity,
            unit_minor=line.unit.minor, minor=line.amount.minor, tax_rate=line.tax_rate,
            tax_category=line.tax_category, exemption=line.exemption, about_kind=line.about.kind,
            about_id=line.about.id, starts_at=line.period.start if line.period else None,
            ends_at=line.period.end if line.period else None, corrects_id=draft.takes.get(position),
        )
        for position, line in enumerate(draft.lines, start=1)
    ]  # fmt: skip


def owe(act: Act, invoice: Invoice, sums: Totals) -> None:
    """Book what a document makes its account owe, and tell the house that it stands."""
    account = AccountId(invoice.account)
    books = chart.books_of(act.brand, invoice.kind)
    legs = without_empty(
        [
            Leg(chart.receivable(account), sums.gross),
            Leg(chart.sales(books), -sums.net),
            Leg(chart.tax(books), -sums.tax),
        ]
    )
    if legs:
        about = Ref("billing.invoice", invoice.id)
        book.post_last(act, key=NewKey(f"invoice:{invoice.id}"), about=about, postings=legs)
    publish(act, InvoiceIssued(InvoiceId(invoice.id), account))


def copy_head(act: Act, *, of: Invoice, to: Invoice) -> None:
    """Copy the buyer's block and the reason of the tax, as they stood, from one document to another.

    A block whose key was destroyed, or that the policy in force has no place for, is left out.
    """
    decision = TaxDecision.objects.filter(invoice=of).first()
    if decision is not None:
        decision.invoice = to
        TaxDecision.objects.bulk_create([decision])
    subject = SubjectId(of.subject)
    if PARTY not in policy_for(act.brand, subject, act.at).categories:
        return

    def put(block: str) -> None:
        door.put(act, subject=subject, category=PARTY, value=block, slot=str(to.id))

    door.use(as_system(act), subject=subject, category=PARTY, slot=str(of.id), fn=put)


def titled_lines(act: Act, invoice: Invoice) -> tuple[Line, ...]:
    """Return a document's lines with their titles, to be written on another."""
    found = sheet(InvoiceId(invoice.id), of=AccountId(invoice.account))

    def lines(told: Sequence[object]) -> tuple[Line, ...]:
        opened = cast("Sequence[Line] | None", getattr(told[0], "lines", None))
        return tuple(opened or found.without(GONE).lines)

    return use_columns(as_system(act), wishes=[found.wish], fn=lines)


def as_system(act: Act) -> Act:
    """Return an act as billing's books read what stands on them."""
    return act.in_role("system").for_purpose(BILLING)
