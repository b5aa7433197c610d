"""When unpaid invoices are looked at next.  The table is a queue: no deed by itself, and in no book.

Actions of this room and the run of flows.dunning call this.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from hostkeep.billing.models import DunningAgenda
from hostkeep.billing.rules.numbering import DEBIT_NOTE, INVOICE, PROFORMA
from hostkeep.kernel.ids import AccountId, InvoiceId

DUNNED = (INVOICE, DEBIT_NOTE, PROFORMA)
"""Kinds of documents that somebody is to pay."""

MOST_FAILURES = 8
LONGEST_CODE = 64


def enlist(invoice: InvoiceId, *, at: datetime) -> bool:
    """Look at a new invoice from now on; say whether it is one that is owed.  Again: changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(ENLIST, [invoice, list(DUNNED), at])
        return bool(cursor.fetchone()[0])


ENLIST = """
WITH owed AS (SELECT id, brand FROM billing_invoice WHERE id = %s AND kind = ANY(%s)),
enlisted AS (
  INSERT INTO billing_dunningagenda (invoice_id, brand, next_at, failures, code)
  SELECT id, brand, %s, 0, '' FROM owed ON CONFLICT DO NOTHING)
SELECT EXISTS (SELECT 1 FROM owed)
"""
"""What a WITH changes is changed whether or not the rest reads it."""


def due(at: datetime, *, first: int = 500) -> tuple[tuple[InvoiceId, datetime], ...]:
    """Return invoices to be looked at by a time, each with its own, what waits longest coming first.

    Of all brands.
    """
    found = DunningAgenda.objects.filter(next_at__lte=at).order_by("next_at", "invoice")
    rows = found.values_list("invoice", "next_at")[:first]
    return tuple((InvoiceId(invoice), when) for invoice, when in rows if when)


def falls_due(at: datetime) -> bool:
    """Say whether an invoice is to be looked at by a time."""
    return DunningAgenda.objects.filter(next_at__lte=at).exists()


def look_at(invoice: InvoiceId, at: datetime | None) -> None:
    """Look at an invoice at a time, or no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_dunningagenda SET next_at = %s, failures = 0, code = '' WHERE invoice_id = %s",
            [at, invoice],
        )


PUT_DOWN = """
UPDATE billing_dunningagenda a SET next_at = each.next_at, failures = 0, code = ''
FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) AS each (invoice, seen_at, next_at)
WHERE a.invoice_id = each.invoice AND a.next_at = each.seen_at
"""


def put_down(found: Collection[tuple[InvoiceId, datetime, datetime | None]]) -> None:
    """Look at invoices at a time, or no more, where nothing new came since they were read.  One statement.

    found  each with the time for which it was read, and when to look again
    """
    if not found:
        return
    invoices, seen, later = zip(*found, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(PUT_DOWN, [list(invoices), list(seen), list(later)])


def look_now(at: datetime, *, invoice: InvoiceId | None = None, account: AccountId | None = None) -> None:
    """Look at an invoice, or at all of an account, in the next run: something about it is new.

    What was given up stays so.
    """
    found = DunningAgenda.objects.filter(parked_at=None)
    if invoice is not None:
        found = found.filter(invoice=invoice)
    if account is not None:
        found = found.filter(invoice__account=account)
    found.update(next_at=at)


def put_off(invoice: InvoiceId, *, code: str, at: datetime) -> bool:
    """Note that looking at an invoice went wrong: it is tried again later, and in the end waits for a person.

    Returns whether it waits for a person now.
    """
    found = DunningAgenda.objects.filter(invoice=invoice)
    found.update(failures=F("failures") + 1, code=code[:LONGEST_CODE])
    failures = found.values_list("failures", flat=True).first() or 0
    if failures < MOST_FAILURES:
        found.update(next_at=at + timedelta(minutes=2**failures))
        return False
    found.update(next_at=None, parked_at=at)
    return True
