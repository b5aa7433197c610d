"""What is asked to fill the sheets of documents, all in one way to the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from hostkeep.billing.models import Allocation, Invoice, InvoiceLine, InvoiceTax
from hostkeep.kernel.ids import InvoiceId
from hostkeep.runtime.together import Question
from hostkeep.runtime.written import objects, rows


def document(invoice: InvoiceId) -> Question[Invoice]:
    """Return the question of a document itself."""
    return objects(_whole, invoice)


def beside(invoices: tuple[InvoiceId, ...]) -> tuple[Question[Any], ...]:
    """Return what is asked beside documents: their taxes, their lines, and what went on them.

    The last answers with rows: the document's id, when, the source, the gateway of a payment, the amount.
    """
    return objects(_taxes, invoices), objects(_lines, invoices), rows(_parts, invoices)


def _whole(invoice: InvoiceId) -> QuerySet[Invoice]:
    """Return the query of a document."""
    return Invoice.objects.filter(id=invoice)


def _taxes(invoices: Sequence[InvoiceId]) -> QuerySet[InvoiceTax]:
    """Return the query of the taxes of documents."""
    return InvoiceTax.objects.filter(invoice__in=invoices).order_by("rate", "category", "exemption")


def _lines(invoices: Sequence[InvoiceId]) -> QuerySet[InvoiceLine]:
    """Return the query of the lines of documents."""
    return InvoiceLine.objects.filter(invoice__in=invoices).order_by("position")


def _parts(invoices: Sequence[InvoiceId]) -> QuerySet[Allocation, Any]:
    """Return the query of what went on documents."""
    found = Allocation.objects.filter(invoice__in=invoices).order_by("id")
    return found.values_list("invoice", "at", "source", "payment__gateway", "minor")
