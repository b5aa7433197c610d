"""Issuing invoices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast
from uuid import uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.billing.boxing import PARTY, is_same, seal_fingerprint, seal_titles
from hostkeep.billing.errors import IssuedDifferently
from hostkeep.billing.events import InvoiceIssued, InvoicePaid
from hostkeep.billing.models import Invoice, InvoiceLine, InvoiceTax, Series, TaxDecision
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.lines import Line, Prices, Totals, check, fingerprint, totals
from hostkeep.billing.rules.numbering import CANARY, Kind, number, reference, year_of
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.rules.taxing.deciding import TaxDecided
from hostkeep.brands.queries import BrandRow, brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg, without_empty
from hostkeep.people.queries import canary_accounts
from hostkeep.runtime.outbox import publish
from hostkeep.vault import door


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice that stands.

    number  "VS-2026-000017"
    gross   what is owed
    again   whether the same key had issued it before this call
    """

    id: InvoiceId
    number: str
    gross: Money
    again: bool

    @property
    def ref(self) -> Ref:
        """The invoice."""
        return Ref("billing.invoice", self.id)


@recorded("billing.invoice.issued")
def issue_invoice(
    act: Act,
    *,
    to: BilledTo,
    lines: Sequence[Line],
    due_in: timedelta,
    once: str,
) -> Issued:
    """Give the lines a number and a date, and owe them.

    to      the buyer, with the block as it stands today and the decision that the lines' tax follows
    lines   1 to 500, one currency, amounts with or without tax as the brand's prices are
    due_in  time to pay, counted from act.at; at most ten years
    once    idempotency key, at most 64 characters; the same content again gets the same answer

    Writes an Invoice with lines and tax, why it bears that tax, the buyer's block as a vault item (category
    invoice_party, slot the invoice's id), a ledger entry, an InvoiceIssued event (and InvoicePaid where
    nothing is owed) and an audit entry, or nothing.
    Raises EmptyInvoice, BadLine, TwoCurrencies, IssuedDifferently, and vault refusals.
    Source: Council Directive 2006/112/EC, art. 226(2): a sequential number; 226(5): the parties' names.
    """
    check(lines, due_in=due_in)
    content = fingerprint(lines, account=str(to.account), due_in=due_in)
    if known := Invoice.objects.filter(once=once).first():
        return _again(act, known, content)
    seller = brand(act.brand)
    series = _locked_series(act, seller, to.account)
    # Asked once more under the lock: a twin that waited here must not take a second number.
    if known := Invoice.objects.filter(once=once).first():
        return _again(act, known, content)
    sums = totals(lines, prices=cast("Prices", seller.prices))
    invoice = Invoice(
        id=uuid4(), once=once, brand=act.brand, account=to.account, subject=to.subject,
        kind=series.kind, number=_next_number(series, seller), currency=sums.gross.currency.code,
        prices=seller.prices, net_minor=sums.net.minor, tax_minor=sums.tax.minor,
        gross_minor=sums.gross.minor, line_count=len(lines), issued_at=act.at, due_at=act.at + due_in,
    )  # fmt: skip
    invoice.reference = reference(invoice.number)
    invoice.fingerprint = seal_fingerprint(act, invoice, content)
    _write(act, invoice, lines, sums)
    _write_why(invoice, to.decision)
    if to.party_json:
        door.put(act, subject=to.subject, category=PARTY, value=to.party_json, slot=str(invoice.id))
    _owe(act, invoice, sums)
    return Issued(InvoiceId(invoice.id), invoice.number, sums.gross, again=False)


def _again(act: Act, known: Invoice, content: str) -> Issued:
    """Answer for a key that was used before, if it was used for the same content."""
    if not is_same(act, known, content):
        raise IssuedDifferently(invoice=str(known.id))
    return Issued(InvoiceId(known.id), known.number, money(known.gross_minor, known.currency), again=True)


def _locked_series(act: Act, seller: BrandRow, account: AccountId) -> Series:
    """Return the series of this brand and year, locked to the end of the transaction: no gap, no double.

    A canary's documents have a series of their own.
    """
    kind: Kind = CANARY if account in canary_accounts() else "invoice"
    year = year_of(act.at, seller.zone)
    Series.objects.bulk_create([Series(brand=act.brand, kind=kind, year=year)], ignore_conflicts=True)
    return Series.objects.select_for_update().get(brand=act.brand, kind=kind, year=year)


def _next_number(series: Series, seller: BrandRow) -> str:
    """Take the next number of a locked series."""
    series.last += 1
    series.save(update_fields=["last"])
    return number(seller.invoice_prefix, cast("Kind", series.kind), series.year, series.last)


def _write(act: Act, invoice: Invoice, lines: Sequence[Line], sums: Totals) -> None:
    """Write the sheet; the database checks at commit that it equals its lines and tax."""
    Invoice.objects.bulk_create([invoice])
    titles = seal_titles(act, invoice, lines)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice, position=position, title=titles[position], quantity=line.quantity,
            unit_minor=line.unit.minor, minor=line.amount.minor, tax_rate=line.tax_rate,
            tax_category=line.tax_category, exemption=line.exemption, about_kind=line.about.kind,
            about_id=line.about.id, starts_at=line.period.start if line.period else None,
            ends_at=line.period.end if line.period else None,
        )
        for position, line in enumerate(lines, start=1)
    )  # fmt: skip
    InvoiceTax.objects.bulk_create(
        InvoiceTax(
            invoice=invoice, rate=r.rate, category=r.category, exemption=r.exemption, net_minor=r.net.minor,
            tax_minor=r.tax.minor,
        )
        for r in sums.rates
    )  # fmt: skip


def _write_why(invoice: Invoice, decision: TaxDecided | None) -> None:
    """Write why the document bears its tax, where that was asked."""
    if decision is not None:
        TaxDecision.objects.create(
            invoice=invoice, rule=decision.rule, country=decision.country, region=decision.region,
            proofs=" ".join(decision.proofs),
        )  # fmt: skip


def _owe(act: Act, invoice: Invoice, sums: Totals) -> None:
    """Book what is owed and tell the house.  An invoice over nothing moves no money and is paid at once."""
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
        book.post(act, key=f"invoice:{invoice.id}", about=about, postings=legs)
    publish(act, InvoiceIssued(InvoiceId(invoice.id), account))
    if sums.gross.minor == 0:
        publish(act, InvoicePaid(InvoiceId(invoice.id), account))
