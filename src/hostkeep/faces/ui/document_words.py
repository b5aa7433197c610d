"""What documents of billing are called on pages, how they stand, and why they were corrected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from django.utils.translation import gettext

from hostkeep.billing.queries.document_search import DocumentRow
from hostkeep.billing.queries.invoices import InvoiceRow, InvoiceSheet
from hostkeep.billing.rules.covering import invoice_state
from hostkeep.billing.rules.numbering import CANARY, CREDIT_NOTE, DEBIT_NOTE, INVOICE, PROFORMA, Kind
from hostkeep.billing.rules.reasons import Reason
from hostkeep.kernel.words import gettext_noop

KINDS: Mapping[Kind, str] = MappingProxyType({
    INVOICE: gettext_noop("Invoice"),
    CREDIT_NOTE: gettext_noop("Credit note"),
    DEBIT_NOTE: gettext_noop("Debit note"),
    PROFORMA: gettext_noop("Proforma"),
    CANARY: gettext_noop("Test invoice"),
})

REASONS: Mapping[Reason, str] = MappingProxyType({
    "cancelled": gettext_noop("What was billed was cancelled"),
    "changed": gettext_noop("Something smaller was taken for the rest of the time"),
    "not_given": gettext_noop("What was billed was not provided as agreed"),
    "wrong_price": gettext_noop("A price or quantity was wrong"),
    "wrong_tax": gettext_noop("The tax was wrong"),
    "twice": gettext_noop("It was billed twice"),
    "goodwill": gettext_noop("A reduction granted after the sale"),
    "more_used": gettext_noop("More was used than was billed"),
    "fee": gettext_noop("A fee that was agreed and not billed"),
})


def kind_said(kind: Kind) -> str:
    """Say what a document is."""
    return gettext(KINDS[kind])


def reason_said(reason: str) -> str:
    """Say why a note corrects, or nothing where there is no reason.  reason: a word of rules.reasons."""
    label = REASONS.get(reason)  # type: ignore[call-overload]
    return gettext(label) if label else ""


def standing(found: InvoiceRow | InvoiceSheet | DocumentRow, at: datetime) -> tuple[str, str]:
    """Say how a document stands: the state that colours its badge, and other words for it or nothing.

    A credit note is neither paid nor owed; a proforma that is paid has become an invoice, and one that asks
    for nothing more is withdrawn.
    """
    if found.kind == CREDIT_NOTE:
        return "settled", gettext("Credited")
    if found.is_taken_back:
        return "cancelled", gettext("Withdrawn") if found.kind == PROFORMA else gettext("Taken back")
    return invoice_state(gross=found.gross, paid=found.paid, due_at=found.due_at, at=at), ""
