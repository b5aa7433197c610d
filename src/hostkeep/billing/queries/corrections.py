"""What corrects what, and what is left of a document to be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.models import Invoice, InvoiceLine
from hostkeep.billing.queries.invoices import InvoiceSheet, line_of
from hostkeep.billing.rules.correcting import LineLeft, Taken, rest_of, take
from hostkeep.billing.rules.numbering import CREDIT_NOTE, INVOICE, PROFORMA, Kind
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId
from hostkeep.kernel.money import Money, money
from hostkeep.runtime.written import rows_of


@dataclass(frozen=True, slots=True)
class Related:
    """A document that corrects another, is corrected by it, or fulfils it.

    reason  of a note, a word of rules.reasons; empty elsewhere
    """

    id: InvoiceId
    kind: Kind
    number: str
    gross: Money
    issued_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Relations:
    """What a document has to do with others.

    corrects  what it corrects or fulfils, or None
    by        what corrects or fulfils it, oldest first
    """

    corrects: Related | None
    by: tuple[Related, ...]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a credit note would do.

    applied  by how much it reduces what is open
    credit   what becomes the account's credit
    """

    taken: Taken
    applied: Money
    credit: Money


def relations_of(invoice: InvoiceId) -> Relations:
    """Return what a document corrects and what corrects it.  One database query."""
    same = Q(id__in=Invoice.objects.filter(id=invoice).values("corrects")) | Q(corrects=invoice)
    found = list(Invoice.objects.filter(same).order_by("issued_at", "number"))
    corrected = [row for row in found if row.corrects_id != invoice]
    by = tuple(_related(row) for row in found if row.corrects_id == invoice)
    return Relations(_related(corrected[0]) if corrected else None, by)


def lines_left(invoice: InvoiceId) -> tuple[LineLeft, ...]:
    """Return a document's lines, without titles, and what credit notes took of each.  One database query."""
    notes = Q(corrections__invoice__kind=CREDIT_NOTE)
    found = InvoiceLine.objects.filter(invoice=invoice).select_related("invoice").order_by("position")
    rows = found.annotate(taken_minor=Coalesce(Sum("corrections__minor", filter=notes), 0))
    return tuple(
        LineLeft(
            row.position,
            line_of(row, row.invoice.currency),
            money(int(row.taken_minor), row.invoice.currency),
        )
        for row in rows
    )


def invoice_after(proforma: InvoiceId) -> InvoiceId | None:
    """Return the invoice that a proforma led to, or None."""
    found = Invoice.objects.filter(corrects=proforma, kind=INVOICE).values_list("id", flat=True)
    return next((InvoiceId(each) for each in found), None)


def owner_of(invoice: InvoiceId) -> tuple[BrandId, AccountId]:
    """Return whose a document is.  Raises NoSuchInvoice."""
    row = Invoice.objects.filter(id=invoice).values_list("brand", "account").first()
    if row is None:
        raise NoSuchInvoice
    return BrandId(row[0]), AccountId(row[1])


def kind_of(invoice: InvoiceId) -> tuple[Kind, InvoiceId | None]:
    """Return what a document is, and what it corrects or fulfils.  Raises NoSuchInvoice."""
    for kind, corrects in rows_of(_kind, invoice):
        return cast("Kind", kind), InvoiceId(corrects) if corrects else None
    raise NoSuchInvoice


def _kind(invoice: InvoiceId) -> QuerySet[Invoice, Any]:
    """Return the query of kind_of."""
    return Invoice.objects.filter(id=invoice).values_list("kind", "corrects")


def foresee_credit(found: InvoiceSheet, parts: Mapping[int, Money] | None) -> Foreseen:
    """Say what a credit note of a document would do now; nothing is written.

    parts  amounts by position, or None for all that is left
    Raises what actions.correcting.credit_lines raises of the amounts.
    """
    lines = lines_left(found.id)
    taken = take(lines, rest_of(lines) if parts is None else parts, prices=found.prices)
    gross = taken.sums.gross
    applied = Money(min(max(found.owed.minor, 0), gross.minor), gross.currency)
    return Foreseen(taken, applied, gross - applied)


def open_proformas(account: AccountId) -> tuple[InvoiceId, ...]:
    """Return an account's proformas that no invoice followed yet, the oldest first.  One database query.

    One that is withdrawn is none of them.
    """
    return tuple(InvoiceId(each) for (each,) in rows_of(_open_proformas, account))


def _open_proformas(account: AccountId) -> QuerySet[Invoice, Any]:
    """Return the query of open_proformas."""
    done = Exists(Invoice.objects.filter(corrects=OuterRef("pk"), kind=INVOICE))
    found = Invoice.objects.filter(~done, account=account, kind=PROFORMA, ended=None)
    return found.order_by("issued_at", "id").values_list("id")


def _related(row: Invoice) -> Related:
    gross = money(row.gross_minor, row.currency)
    return Related(InvoiceId(row.id), cast("Kind", row.kind), row.number, gross, row.issued_at, row.reason)
