"""What documents, payments and credit come to, for the daily self-check.  Sums, made by the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from hostkeep.billing.models import (
    Allocation,
    CreditEntry,
    Dispute,
    Finding,
    Invoice,
    Payment,
    Payout,
    Refund,
)
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.aside import LEFT, OPEN
from hostkeep.billing.rules.numbering import CANARY
from hostkeep.billing.rules.reconciling import Sums, What, added, handle_of, less
from hostkeep.kernel.ids import BrandId

OWED = ("invoice", "debit_note", CANARY)
"""Documents that make an account owe."""

NOTE = "credit_note"


def document_count(brand: BrandId) -> int:
    """Count a brand's documents."""
    return Invoice.objects.filter(brand=brand).count()


def open_findings(brand: BrandId) -> int:
    """Count what does not reconcile in a brand's books."""
    return Finding.objects.filter(brand=brand, settled_at=None).count()


def owed(brand: BrandId, first: UUID, last: UUID) -> Sums:
    """Return what is open on the documents of a brand's accounts in a range, by account."""
    sheets = Invoice.objects.filter(brand=brand, kind__in=OWED, account__range=(first, last))
    covered = Allocation.objects.filter(invoice__brand=brand, invoice__account__range=(first, last))
    return added(
        _by_account(sheets, "account", "currency", "gross_minor"),
        less(_by_account(covered, "invoice__account", "invoice__currency", "minor")),
    )


def due_back(brand: BrandId, first: UUID, last: UUID) -> Sums:
    """Return the credit of a brand's accounts in a range, by account, as the ledger has it: below nothing.

    What came and what was taken back, less what of it went on documents, and what moved for another reason.
    Money that was put in came as a payment; its credit entry tells why and counts no second time.
    """
    came = Payment.objects.filter(brand=brand, account__range=(first, last))
    notes = Invoice.objects.filter(brand=brand, kind=NOTE, account__range=(first, last))
    used = Allocation.objects.exclude(source="credit").filter(
        invoice__brand=brand, invoice__account__range=(first, last)
    )
    moved = CreditEntry.objects.exclude(kind="top_up").filter(brand=brand, account__range=(first, last))
    return added(
        less(_by_account(came, "account", "currency", "minor")),
        less(_by_account(notes, "account", "currency", "gross_minor")),
        _by_account(used, "invoice__account", "invoice__currency", "minor"),
        less(_by_account(moved, "account", "currency", "minor")),
    )


def of_brand(brand: BrandId) -> Mapping[What, Sums]:
    """Return what each of a brand's own account codes should stand at, debits less credits."""
    payments = Payment.objects.filter(brand=brand)
    refunds = Refund.objects.filter(brand=brand)
    disputes = Dispute.objects.filter(brand=brand)
    entries = CreditEntry.objects.filter(brand=brand)
    outs = Payout.objects.filter(brand=brand)
    passed_on = outs.exclude(state="failed")
    gone = disputes.exclude(state="won")
    sheets = Invoice.objects.filter(brand=brand, kind__in=OWED)
    notes = Invoice.objects.filter(brand=brand, kind=NOTE)
    return {
        "gateway": added(
            _by_gateway(payments, "minor"),
            less(_by_gateway(payments.filter(aside__in=LEFT), "minor")),
            less(_by_gateway(refunds.filter(state="settled"), "minor")),
            less(_by_gateway(gone, "minor")),
            less(_by_gateway(disputes, "fee_minor")),
            less(_by_gateway(passed_on, "minor")),
            less(_by_gateway(outs, "fee_minor")),
            _in_bank(passed_on.exclude(settled_at=None)),
        ),
        "refunding": added(
            less(_whole(refunds.filter(state__in=["waiting", "unknown"]), "minor")),
            less(_whole(payments.filter(aside="going"), "minor")),
        ),
        "disputed": _whole(disputes.filter(state="open"), "minor"),
        "chargebacks": _whole(disputes.filter(state="lost"), "minor"),
        "fees": added(_whole(disputes, "fee_minor"), _whole(outs, "fee_minor")),
        "in_transit": _whole(passed_on.filter(settled_at=None), "minor"),
        "unmatched": less(_whole(payments.filter(account=None, aside__in=OPEN), "minor")),
        "sales": added(less(_whole(sheets, "net_minor")), _whole(notes, "net_minor")),
        "tax": added(less(_whole(sheets, "tax_minor")), _whole(notes, "tax_minor")),
        "gifts": _whole(entries.filter(kind__in=["gift", "taken"]), "minor"),
        "unused": _whole(entries.filter(kind="unused"), "minor"),
    }


def _by_account(rows: QuerySet[Any], account: str, currency: str, minor: str) -> Sums:
    """Sum rows by account and currency."""
    found = rows.order_by().values_list(account, currency).annotate(sum=Sum(minor))
    return {(row[0], row[1]): int(row[2]) for row in found}


def _by_gateway(rows: QuerySet[Any], minor: str) -> Sums:
    """Sum rows by gateway and currency."""
    found = rows.order_by().values_list("gateway", "currency").annotate(sum=Sum(minor))
    return {(handle_of(row[0]), row[1]): int(row[2]) for row in found}


def _whole(rows: QuerySet[Any], minor: str) -> Sums:
    """Sum rows by currency."""
    found = rows.order_by().values_list("currency").annotate(sum=Sum(minor))
    return {(None, row[0]): int(row[1]) for row in found}


def _in_bank(rows: QuerySet[Any]) -> Sums:
    """Sum pay-outs that reached the bank, where money in the bank stands."""
    sums = _whole(rows, "minor").items()
    return {(handle_of(chart.BANK), currency): minor for (_, currency), minor in sums}
