"""Reading the book: an account's lines, and whether the whole still adds up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import CURRENCIES, Money, money
from hostkeep.ledger.models import Posting


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting as a list shows it.  amount: positive a debit.  about: what caused it."""

    entry: UUID
    at: datetime
    amount: Money
    about: Ref


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry that does not add up.  what: "sum" (a currency is not zero) or "legs" (too few, too many)."""

    entry: UUID
    what: str


def statement(account: str, *, first: int = 50) -> tuple[StatementLine, ...]:
    """Return an account code's newest lines, newest first.  One database query."""
    found = Posting.objects.filter(account=account).select_related("entry").order_by("-id")[:first]
    return tuple(
        StatementLine(
            row.entry_id, row.entry.at, money(row.minor, row.currency),
            Ref(row.entry.about_kind, row.entry.about_id),
        )
        for row in found
    )  # fmt: skip


def balances(account: str) -> tuple[Money, ...]:
    """Return an account code's balance in each currency in which it is not zero, by currency code."""
    found = Posting.objects.filter(account=account).values("currency").annotate(sum=Sum("minor"))
    return tuple(money(int(r["sum"]), r["currency"]) for r in found.order_by("currency") if r["sum"])


def totals() -> tuple[Money, ...]:
    """Return the sum of all postings by currency: zero in each, or the book is broken."""
    found = dict(Posting.objects.values_list("currency").annotate(sum=Sum("minor")))
    return tuple(money(int(found.get(code, 0)), code) for code in sorted(CURRENCIES))


def faults(*, first: int = 100) -> tuple[Fault, ...]:
    """Return entries that do not add up, which the database's own constraints should make impossible.

    One database query over the whole book; for the daily self-check and for doubters.
    """
    with connection.cursor() as cursor:
        cursor.execute(SELF_CHECK, [first])
        return tuple(Fault(UUID(str(entry)), what) for entry, what in cursor.fetchall())


SELF_CHECK = """
SELECT entry_id, 'sum' FROM ledger.ledger_posting
 GROUP BY entry_id, currency HAVING sum(minor) <> 0
UNION
SELECT e.id, 'legs' FROM ledger.ledger_entry e LEFT JOIN ledger.ledger_posting p ON p.entry_id = e.id
 GROUP BY e.id, e.legs HAVING count(p.id) <> e.legs
LIMIT %s
"""
