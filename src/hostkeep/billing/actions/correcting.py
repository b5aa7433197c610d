"""Correcting what was billed: by new documents alone, each naming what it corrects.

Source: Council Directive 2006/112/EC, art. 219 and 226; art. 90 (the taxable amount is reduced on
cancellation, refusal, or a reduction after the supply).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from django.db.models import Sum

from hostkeep.audit.recorded import recorded
from hostkeep.billing.bills import Issued, again
from hostkeep.billing.booking import owed_on
from hostkeep.billing.errors.documents import BadLine, BadReason, NoSuchInvoice, NotCorrectable, TwoCurrencies
from hostkeep.billing.events import CreditGiven, InvoiceIssued, InvoicePaid
from hostkeep.billing.models import Allocation, Invoice, InvoiceLine
from hostkeep.billing.queries.corrections import lines_left
from hostkeep.billing.rules import chart, reasons
from hostkeep.billing.rules.correcting import LineLeft, Taken, rest_of, take
from hostkeep.billing.rules.lines import Line, Prices, check, totals
from hostkeep.billing.rules.numbering import CREDIT_NOTE, CREDITABLE, DEBIT_NOTE, INVOICE, Kind
from hostkeep.billing.rules.party import BilledTo
from hostkeep.billing.rules.reasons import Reason
from hostkeep.billing.series import take_numbers
from hostkeep.billing.writing import Draft, copy_head, owe, titled_lines, write
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref, SubjectId
from hostkeep.kernel.money import Money
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg, without_empty
from hostkeep.runtime.outbox import publish


@dataclass(frozen=True, slots=True)
class Part:
    """What is taken back of a line.

    position  of the line on the document
    amount    with the line's sign, without tax or with it as the document's prices are
    """

    position: int
    amount: Money


@recorded("billing.credit_note.issued")
def credit_whole(act: Act, *, invoice: InvoiceId, reason: Reason, once: str) -> Issued:
    """Take back all that is left of an invoice or debit note.

    once  idempotency key, at most 64 characters

    Writes what credit_lines writes, and raises what it raises.
    """
    row = _locked(act, invoice, CREDITABLE)
    content = _digest(row, reason, "whole")
    if known := _known(act, once, content):
        return known
    lines = lines_left(InvoiceId(row.id))
    return _credit(act, row, lines, rest_of(lines), Asked(reason, once, content))


@recorded("billing.credit_note.issued")
def credit_lines(act: Act, *, invoice: InvoiceId, parts: Sequence[Part], reason: Reason, once: str) -> Issued:
    """Take back amounts of some lines of an invoice or debit note.

    parts  at least one, each line once
    once   idempotency key, at most 64 characters; the same content again gets the same answer

    What is open on the document is reduced first; the rest is the account's credit.  Never more is taken back
    than the document came to, whoever credits at the same time.
    Writes an Invoice of kind "credit_note" with lines, tax and a copy of the buyer's block, an Allocation, a
    ledger entry, an InvoiceIssued event and an audit entry, or nothing; CreditGiven where something is left
    for the account; InvoicePaid where the document was paid in part and nothing is owed on it afterwards.
    Raises NoSuchInvoice (also for another brand's), NotCorrectable, BadReason, NothingToCredit, BadLine,
    OverCredit, TwoCurrencies, IssuedDifferently, and vault refusals.
    """
    row = _locked(act, invoice, CREDITABLE)
    wanted = {part.position: part.amount for part in parts}
    if len(wanted) != len(parts):
        raise BadLine(why="amount")
    said = [[n, amount.minor, amount.currency.code] for n, amount in sorted(wanted.items())]
    content = _digest(row, reason, said)
    if known := _known(act, once, content):
        return known
    return _credit(act, row, lines_left(InvoiceId(row.id)), wanted, Asked(reason, once, content))


@recorded("billing.debit_note.issued")
def debit_invoice(
    act: Act, *, invoice: InvoiceId, lines: Sequence[Line], reason: Reason, due_in: timedelta, once: str
) -> Issued:
    """Bill what an invoice should have billed too, to the buyer who stands on it.

    lines   1 to 500, in the invoice's currency, amounts without tax or with it as the invoice's prices are
    due_in  time to pay, counted from act.at

    Writes an Invoice of kind "debit_note" with lines, tax and a copy of the buyer's block, a ledger entry, an
    InvoiceIssued event and an audit entry, or nothing.
    Raises NoSuchInvoice (also for another brand's), NotCorrectable, BadReason, EmptyInvoice, BadLine (a note
    over nothing too), TwoCurrencies, IssuedDifferently, and vault refusals.
    """
    row = _locked(act, invoice, (INVOICE,))
    return _debit(act, row, lines, due_in, Asked(reason, once, _said(row, lines, reason, due_in)))


@recorded("billing.debit_note.issued")
def debit_lines(
    act: Act, *, invoice: InvoiceId, parts: Sequence[Part], reason: Reason, due_in: timedelta, once: str
) -> Issued:
    """Bill more for some lines of an invoice, under their titles and taxed as they are.

    parts  at least one, each line once, each amount more than nothing

    Writes and raises what debit_invoice does.
    """
    row = _locked(act, invoice, (INVOICE,))
    billed = dict(enumerate(titled_lines(act, row), start=1))
    if len({part.position for part in parts}) != len(parts):
        raise BadLine(why="amount")
    for part in parts:
        if part.position not in billed or part.amount.minor <= 0:
            raise BadLine(why="amount")
    lines = [replace(billed[part.position], quantity=1, unit=part.amount) for part in parts]
    asked = [[part.position, part.amount.minor, part.amount.currency.code] for part in parts]
    content = _digest(row, reason, [due_in.total_seconds(), asked])
    return _debit(act, row, lines, due_in, Asked(reason, once, content))


@dataclass(frozen=True, slots=True)
class Asked:
    """How a note is wanted: why, under which key, and the digest of what was asked."""

    reason: Reason
    once: str
    content: str


def _said(row: Invoice, lines: Sequence[Line], reason: Reason, due_in: timedelta) -> str:
    """Return the digest of a debit note's lines."""
    said = [[li.title, li.quantity, li.unit.minor, *li.taxed, str(li.about.id)] for li in lines]
    return _digest(row, reason, [due_in.total_seconds(), said])


def _debit(act: Act, row: Invoice, lines: Sequence[Line], due_in: timedelta, asked: Asked) -> Issued:
    """Write a debit note of a locked invoice and owe it, once a key."""
    _demand(asked.reason, reasons.DEBITS)
    if known := _known(act, asked.once, asked.content):
        return known
    if check(lines, due_in=due_in).code != row.currency:
        raise TwoCurrencies
    sums = totals(lines, prices=cast("Prices", row.prices))
    if not sums.gross.minor:
        raise BadLine(why="total")
    to = BilledTo(AccountId(row.account), SubjectId(row.subject))
    draft = Draft(
        DEBIT_NOTE, asked.once, asked.content, to, lines, sums, cast("Prices", row.prices), act.at + due_in,
        corrects=row.id, reason=asked.reason,
    )  # fmt: skip
    note = _write(act, draft, row)
    owe(act, note, sums)
    return Issued(InvoiceId(note.id), note.number, sums.gross, again=False)


def _credit(
    act: Act, row: Invoice, lines: Sequence[LineLeft], parts: Mapping[int, Money], asked: Asked
) -> Issued:
    """Write a credit note of a locked document and use it."""
    _demand(asked.reason, reasons.CREDITS)
    taken = take(lines, parts, prices=cast("Prices", row.prices))
    note = _write(act, _draft(act, row, taken, asked), row)
    _use(act, note, row, taken)
    publish(act, InvoiceIssued(InvoiceId(note.id), AccountId(note.account)))
    return Issued(InvoiceId(note.id), note.number, taken.sums.gross, again=False)


def _draft(act: Act, row: Invoice, taken: Taken, asked: Asked) -> Draft:
    """Put what is taken back into the form of a document; its titles are those of the lines it takes from."""
    titles = [line.title for line in titled_lines(act, row)]
    rows = dict(InvoiceLine.objects.filter(invoice=row).values_list("position", "id"))
    lines = [replace(line, title=titles[position - 1]) for position, line in taken.lines]
    takes = {n: rows[position] for n, (position, _) in enumerate(taken.lines, start=1)}
    to = BilledTo(AccountId(row.account), SubjectId(row.subject))
    return Draft(
        CREDIT_NOTE, asked.once, asked.content, to, lines, taken.sums, cast("Prices", row.prices), act.at,
        corrects=row.id, reason=asked.reason, takes=takes,
    )  # fmt: skip


def _write(act: Act, draft: Draft, row: Invoice) -> Invoice:
    """Write a note of a document under its number, with the document's own buyer."""
    note = write(act, draft, take_numbers(act, brand(act.brand), kind=draft.kind, count=1)[0])
    copy_head(act, of=row, to=note)
    return note


def _use(act: Act, note: Invoice, row: Invoice, taken: Taken) -> None:
    """Book a credit note: what is open on the document first, the rest is credit."""
    account, sums = AccountId(row.account), taken.sums
    owed = owed_on(row)
    applied = Money(min(max(owed.minor, 0), sums.gross.minor), sums.gross.currency)
    books = chart.books_of(act.brand, row.kind)
    legs = [
        Leg(chart.sales(books), sums.net),
        Leg(chart.tax(books), sums.tax),
        Leg(chart.receivable(account), -applied),
        Leg(chart.credit(account), applied - sums.gross),
    ]
    about = Ref("billing.invoice", note.id)
    book.post(act, key=f"invoice:{note.id}", about=about, postings=without_empty(legs))
    if applied != sums.gross:
        publish(act, CreditGiven(account))
    if not applied.minor:
        return
    Allocation.objects.create(
        source="credit_note", credit_note=note, invoice=row, minor=applied.minor, at=act.at
    )
    # What was taken back whole is not paid, and nobody builds it.
    notes = Invoice.objects.filter(corrects=row, kind=CREDIT_NOTE).aggregate(sum=Sum("gross_minor"))
    if applied == owed and notes["sum"] < row.gross_minor:
        publish(act, InvoicePaid(InvoiceId(row.id), account))


def _locked(act: Act, invoice: InvoiceId, kinds: Sequence[Kind]) -> Invoice:
    """Return a document of act.brand, its row locked.  Raises NoSuchInvoice, NotCorrectable."""
    row = Invoice.objects.select_for_update().filter(id=invoice, brand=act.brand).first()
    if row is None:
        raise NoSuchInvoice
    if row.kind not in kinds:
        raise NotCorrectable(kind=row.kind)
    return row


def _demand(reason: str, among: Sequence[str]) -> None:
    """Raises BadReason."""
    if reason not in among:
        raise BadReason


def _known(act: Act, once: str, content: str) -> Issued | None:
    """Return what a key made before, or None.  Raises IssuedDifferently."""
    known = Invoice.objects.filter(once=once).first()
    return again(act, known, content) if known else None


def _digest(row: Invoice, reason: str, said: object) -> str:
    """Return the digest of what was asked, by which a repeat is known."""
    whole = json.dumps([str(row.id), reason, said], separators=(",", ":"))
    return hashlib.sha256(whole.encode()).hexdigest()
