"""What billing shows of credit: how much, why it moved, and what is being put in.  Rows are frozen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import Q

from hostkeep.billing.errors.credit import NoSuchTopUp
from hostkeep.billing.models import CreditEntry, Invoice, Payment, TopUp
from hostkeep.billing.queries.covered import still_unpaid
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.crediting import OWED_KINDS, CreditKind
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId
from hostkeep.kernel.money import Currency, Money, money
from hostkeep.ledger import book
from hostkeep.ledger.statements import StatementLine, balances, statement


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Credit that moved, as a page shows it.

    amount  what it grew by, or shrank by if negative
    kind    why: a CreditKind, or "payment" (more came than was owed), "released" (that was taken off again)
            or "credit_note"
    number  of the invoice or note it has to do with, or empty; reason: of staff, or empty
    """

    at: datetime
    amount: Money
    kind: CreditKind | str
    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class TopUpRow:
    """Credit that is being put in, or was.

    paid_at    when money came for it, or None
    meant_for  the documents on which it goes as it comes, or none
    """

    id: UUID
    brand: BrandId
    amount: Money
    reference: str
    created_at: datetime
    paid_at: datetime | None
    meant_for: tuple[InvoiceId, ...] = ()


def credit_of(account: AccountId, currency: Currency) -> Money:
    """Return an account's credit in a currency.  One query."""
    return -book.balance(chart.credit(account), currency)


def credits_of(account: AccountId) -> tuple[Money, ...]:
    """Return an account's credit in each currency in which it has some.  One query."""
    return tuple(-each for each in balances(chart.credit(account)))


def credit_lines(account: AccountId, *, first: int = 50) -> tuple[CreditLine, ...]:
    """Return how an account's credit moved, newest first, as the ledger has it.  Four queries."""
    moved = statement(chart.credit(account), first=first)
    about: dict[str, list[UUID]] = defaultdict(list)
    for line in moved:
        about[line.about.kind].append(line.about.id)
    entries = {row.id: row for row in CreditEntry.objects.filter(id__in=about["billing.credit_entry"])}
    paid = dict(
        Payment.objects.filter(id__in=about["billing.payment"], allocations__isnull=False).values_list(
            "id", "allocations__invoice__number"
        )
    )
    sheets = [row.about for row in entries.values() if row.about] + about["billing.invoice"]
    numbers = dict(Invoice.objects.filter(id__in=sheets).values_list("id", "number"))
    return tuple(_line(line, entries.get(line.about.id), numbers | paid) for line in moved)


def open_invoices(account: AccountId, currency: Currency) -> tuple[InvoiceId, ...]:
    """Return an account's invoices in a currency on which something is owed, oldest first.  One query."""
    mine = Invoice.objects.filter(account=account, currency=currency.code, kind__in=OWED_KINDS)
    found = still_unpaid(mine).order_by("issued_at", "id")
    return tuple(InvoiceId(i) for i in found.values_list("id", flat=True))


def owner_of(invoice: InvoiceId) -> tuple[BrandId, AccountId, str] | None:
    """Return whose an invoice is, of which brand, and its currency; None if there is none."""
    row = Invoice.objects.filter(id=invoice).values_list("brand", "account", "currency").first()
    return (BrandId(row[0]), AccountId(row[1]), row[2]) if row else None


def top_up(top_up: UUID, *, of: AccountId) -> TopUpRow:
    """Return an account's top-up.  Raises NoSuchTopUp, for another account's too."""
    row = TopUp.objects.filter(id=top_up, account=of).first()
    if row is None:
        raise NoSuchTopUp
    return _top_up(row)


def numbers_of(documents: Sequence[InvoiceId]) -> tuple[tuple[InvoiceId, str], ...]:
    """Return documents with their numbers, in the order given.  One query, none for no documents."""
    if not documents:
        return ()
    known = dict(Invoice.objects.filter(id__in=documents).values_list("id", "number"))
    return tuple((each, known[each]) for each in documents if each in known)


def received_for(rows: Sequence[TopUpRow]) -> Mapping[UUID, tuple[Money, ...]]:
    """Return what came for top-ups, first first: by their attempts, or with their references.  One query."""
    named = {(row.brand, row.reference): row.id for row in rows}
    of_mine = Q(attempt__top_up__in=[row.id for row in rows]) | Q(
        reference__in=[row.reference for row in rows], matched_at__isnull=False, turns=0
    )
    came: dict[UUID, tuple[Money, ...]] = {row.id: () for row in rows}
    found = Payment.objects.filter(of_mine).select_related("attempt").order_by("received_at", "id")
    for each in found:
        by_attempt = each.attempt.top_up_id if each.attempt else None
        for_ = by_attempt or named.get((BrandId(each.brand), each.reference))
        if for_ is not None:
            came[for_] += (money(each.minor, each.currency),)
    return came


def top_ups_of(account: AccountId, *, first: int = 20) -> tuple[TopUpRow, ...]:
    """Return an account's newest top-ups, newest first.  One query."""
    found = TopUp.objects.filter(account=account).order_by("-created_at", "-id")
    return tuple(_top_up(row) for row in found[:first])


def _line(line: StatementLine, entry: CreditEntry | None, numbers: Mapping[UUID, str]) -> CreditLine:
    """Say why a posting moved credit."""
    amount = -line.amount
    if entry is not None:
        number = numbers.get(entry.about, "") if entry.about else ""
        return CreditLine(line.at, amount, cast("CreditKind", entry.kind), number, entry.reason)
    came = line.about.kind == "billing.payment"
    grew, shrank = ("payment", "released") if came else ("credit_note", "used")
    kind = grew if amount.minor >= 0 else shrank  # "used": for the invoice of a proforma that it covered
    return CreditLine(line.at, amount, kind, numbers.get(line.about.id, ""), "")


def _top_up(row: TopUp) -> TopUpRow:
    """Freeze a top-up."""
    amount = money(row.minor, row.currency)
    meant_for = tuple(InvoiceId(UUID(each)) for each in row.meant_for or ())
    return TopUpRow(
        row.id, BrandId(row.brand), amount, row.reference, row.created_at, row.paid_at, meant_for
    )
