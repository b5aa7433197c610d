"""Issuing many invoices at once, for bulk runs: the same rules as issuing.py, some statements for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from hostkeep.audit.recorded import recorded_many
from hostkeep.billing.boxing import INVOICES, LINES, PARTY, place_of
from hostkeep.billing.events import InvoiceIssued, InvoicePaid
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.lines import Line, Prices, Totals, check, fingerprint, totals
from hostkeep.billing.rules.numbering import PROFORMA, Kind, kind_of_bill, numbered_at, reference
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.series import take_numbers
from hostkeep.brands.queries import BrandRow, brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, Ref
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg, without_empty
from hostkeep.people.queries import canary_accounts
from hostkeep.runtime.bulk import copy_in
from hostkeep.runtime.outbox import publish_many
from hostkeep.vault.batches import Document, ToSeal, put_documents, seal_many

MOST = 1000
"""Invoices of one call: its series is locked until it is committed."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice to be issued.

    id      its own, made by the caller
    to, lines, due_in, once  as in issuing.issue_invoice
    """

    id: InvoiceId
    to: BilledTo
    lines: Sequence[Line]
    due_in: timedelta
    once: str


@dataclass(frozen=True, slots=True)
class IssuedMany:
    """Invoices that stand."""

    ids: tuple[UUID, ...]
    kind: str = "billing.invoice"


@dataclass(frozen=True, slots=True)
class _Made:
    """An invoice that was reckoned and sealed, and has its number.  titles: by position."""

    bill: Bill
    kind: Kind
    sums: Totals
    fingerprint: str
    titles: Sequence[str]
    number: str


@recorded_many("billing.invoice.issued")
def issue_many(act: Act, *, bills: Sequence[Bill]) -> IssuedMany:
    """Give many bills of act.brand numbers and a date, and owe them: all of them, or none.

    bills  at most MOST, of keys that were never used

    At a brand that numbers invoices on payment they are proformas, which flows.crediting then fulfils where
    there is credit.
    Writes what issuing.issue_invoice writes for each, with one audit entry for all.
    Raises what it raises, and IntegrityError where a key was used before; ValueError for more than MOST.
    """
    if len(bills) > MOST:
        raise ValueError(f"at most {MOST} invoices are issued at once")
    if not bills:
        return IssuedMany(())
    seller = brand(act.brand)
    made = _made(act, seller, bills)
    _copy(act, seller, made)
    _keep_parties(act, bills)
    book.post_many(act, [draft for each in made if (draft := _draft(act, each)) is not None])
    publish_many(act, list(_news(made)))
    return IssuedMany(tuple(bill.id for bill in bills))


def _made(act: Act, seller: BrandRow, bills: Sequence[Bill]) -> list[_Made]:
    """Check, reckon, seal and number bills.  The series are locked last: others wait for them."""
    canaries = canary_accounts()
    numbered = numbered_at(seller.words)
    kinds = [kind_of_bill(numbered, is_canary=bill.to.account in canaries) for bill in bills]
    for bill in bills:
        check(bill.lines, due_in=bill.due_in)
    prices = cast("Prices", seller.prices)
    sums = [totals(bill.lines, prices=prices) for bill in bills]
    prints, titles = _seal(act, bills)
    numbers = {
        kind: iter(take_numbers(act, seller, kind=kind, count=kinds.count(kind)))
        for kind in sorted(set(kinds))
    }
    return [
        _Made(bill, kinds[n], sums[n], prints[n], titles[n], next(numbers[kinds[n]]))
        for n, bill in enumerate(bills)
    ]


def _seal(act: Act, bills: Sequence[Bill]) -> tuple[list[str], list[list[str]]]:
    """Return the sealed digests of bills, and the sealed titles of their lines."""
    wishes: list[ToSeal] = []
    for bill in bills:
        to = bill.to
        content = fingerprint(bill.lines, account=str(to.account), due_in=bill.due_in)
        wishes.append(ToSeal(to.subject, PARTY, INVOICES, {str(bill.id): {"fingerprint": content}}))
        rows = {place_of(bill.id, n): {"title": line.title} for n, line in enumerate(bill.lines, start=1)}
        wishes.append(ToSeal(to.subject, PARTY, LINES, rows))
    sealed = seal_many(act, wishes)
    prints = [row["fingerprint"].text for rows in sealed[::2] for row in rows.values()]
    return prints, [[row["title"].text for row in rows.values()] for rows in sealed[1::2]]


INVOICE = """
COPY billing_invoice (id, once, fingerprint, brand, account, subject, kind, number, reference, currency,
  prices, net_minor, tax_minor, gross_minor, line_count, issued_at, due_at) FROM STDIN
"""
LINE = """
COPY billing_invoiceline (invoice_id, position, title, quantity, unit_minor, minor, tax_rate, tax_category,
  exemption, about_kind, about_id, starts_at, ends_at) FROM STDIN
"""
TAX = "COPY billing_invoicetax (invoice_id, rate, category, exemption, net_minor, tax_minor) FROM STDIN"
WHY = "COPY billing_taxdecision (invoice_id, rule, country, region, proofs) FROM STDIN"


def _copy(act: Act, seller: BrandRow, made: Sequence[_Made]) -> None:
    """Write the sheets; the database checks at commit that each equals its lines and tax."""
    for statement, rows in (
        (INVOICE, [_sheet(act, seller, each) for each in made]),
        (LINE, [row for each in made for row in _lines(each)]),
        (TAX, [row for each in made for row in _taxes(each)]),
        (WHY, [row for each in made for row in _why(each.bill)]),
    ):
        copy_in(statement, rows)


def _sheet(act: Act, seller: BrandRow, made: _Made) -> tuple[Any, ...]:
    bill, sums = made.bill, made.sums
    return (
        bill.id, bill.once, made.fingerprint, act.brand, bill.to.account, bill.to.subject, made.kind,
        made.number, reference(made.number), sums.gross.currency.code, seller.prices, sums.net.minor,
        sums.tax.minor, sums.gross.minor, len(bill.lines), act.at, act.at + bill.due_in,
    )  # fmt: skip


def _lines(made: _Made) -> Iterator[tuple[Any, ...]]:
    for position, (line, title) in enumerate(zip(made.bill.lines, made.titles, strict=True), start=1):
        period = line.period
        yield (
            made.bill.id, position, title, line.quantity, line.unit.minor, line.amount.minor, line.tax_rate,
            line.tax_category, line.exemption, line.about.kind, line.about.id,
            period.start if period else None, period.end if period else None,
        )  # fmt: skip


def _taxes(made: _Made) -> Iterator[tuple[Any, ...]]:
    for rate in made.sums.rates:
        yield made.bill.id, rate.rate, rate.category, rate.exemption, rate.net.minor, rate.tax.minor


def _why(bill: Bill) -> Iterator[tuple[Any, ...]]:
    why = bill.to.decision
    if why is not None:
        yield bill.id, why.rule, why.country, why.region, " ".join(why.proofs)


def _keep_parties(act: Act, bills: Sequence[Bill]) -> None:
    """Keep the buyers' blocks, of those whose policy has a place for them."""
    put_documents(act, [
        Document(bill.to.subject, PARTY, str(bill.id), bill.to.party_json)
        for bill in bills if bill.to.party_json
    ])  # fmt: skip


def _draft(act: Act, made: _Made) -> book.Draft | None:
    """Return what is booked of a bill; None where it moves no money, as a proforma never does."""
    if made.kind == PROFORMA:
        return None
    account, sums = made.bill.to.account, made.sums
    books = chart.books_of(act.brand, made.kind)
    legs = without_empty([
        Leg(chart.receivable(account), sums.gross),
        Leg(chart.sales(books), -sums.net),
        Leg(chart.tax(books), -sums.tax),
    ])  # fmt: skip
    about = Ref("billing.invoice", made.bill.id)
    return book.Draft(f"invoice:{made.bill.id}", about, legs) if legs else None


def _news(made: Sequence[_Made]) -> Iterator[InvoiceIssued | InvoicePaid]:
    """Return what the house is told; a bill over nothing is paid at once, a proforma when it is fulfilled."""
    for each in made:
        yield InvoiceIssued(each.bill.id, each.bill.to.account)
        if each.kind != PROFORMA and each.sums.gross.minor == 0:
            yield InvoicePaid(each.bill.id, each.bill.to.account)
