"""What documents billed of some things, line by line, and what is left of it to be taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from hostkeep.billing.models import Invoice, InvoiceLine
from hostkeep.billing.queries.invoices import line_of
from hostkeep.billing.rules.correcting import LineLeft
from hostkeep.billing.rules.lines import Prices
from hostkeep.billing.rules.numbering import CREDIT_NOTE, INVOICE
from hostkeep.kernel.ids import AccountId, InvoiceId
from hostkeep.kernel.money import money


@dataclass(frozen=True, slots=True)
class BilledDocument:
    """An invoice with all its lines, without titles, and what credit notes took of each."""

    id: InvoiceId
    prices: Prices
    lines: tuple[LineLeft, ...]


def key_of(invoice: InvoiceId) -> str:
    """Return the idempotency key that a document was made by; nothing for one that there is not."""
    return keys_of([invoice]).get(invoice, "")


def keys_of(invoices: Collection[InvoiceId]) -> Mapping[InvoiceId, str]:
    """Return the idempotency keys that documents were made by; one that is not there is left out."""
    found = Invoice.objects.filter(id__in=invoices).values_list("id", "once") if invoices else ()
    return {InvoiceId(invoice): once for invoice, once in found}


def documents_about(account: AccountId, about: Collection[UUID]) -> tuple[BilledDocument, ...]:
    """Return an account's invoices that bill one of some things, newest first.  Two database queries.

    about  what their lines are about; other lines of the same invoices come along
    """
    named = InvoiceLine.objects.filter(about_id__in=about, invoice__account=account, invoice__kind=INVOICE)
    found = Invoice.objects.filter(id__in=named.values("invoice")).order_by("-issued_at", "-number")
    rows = list(found.values_list("id", "prices", "currency"))
    codes = {invoice: code for invoice, _, code in rows}
    lines: dict[UUID, list[LineLeft]] = defaultdict(list)
    notes = Q(corrections__invoice__kind=CREDIT_NOTE)
    every = InvoiceLine.objects.filter(invoice__in=codes).order_by("position")
    for row in every.annotate(taken_minor=Coalesce(Sum("corrections__minor", filter=notes), 0)):
        code = codes[row.invoice_id]
        left = LineLeft(row.position, line_of(row, code), money(int(row.taken_minor), code))
        lines[row.invoice_id].append(left)
    return tuple(
        BilledDocument(InvoiceId(invoice), cast("Prices", prices), tuple(lines[invoice]))
        for invoice, prices, _ in rows
    )
