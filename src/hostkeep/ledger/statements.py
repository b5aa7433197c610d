"""Reading the book: an account's lines, and what it stands at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Sum

from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import CURRENCIES, Money, money
from hostkeep.ledger.models import Posting
from hostkeep.runtime.counting import Tally


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting as a list shows it.  amount: positive a debit.  about: what caused it."""

    entry: UUID
    at: datetime
    amount: Money
    about: Ref


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


def lines_told(account: str) -> Tally:
    """Return how many lines an account code has, and since when.  One query."""
    found = Posting.objects.filter(account=account).aggregate(count=Count("id"), since=Min("entry__at"))
    return Tally(int(found["count"]), found["since"])


def balances(account: str) -> tuple[Money, ...]:
    """Return an account code's balance in each currency in which it is not zero, by currency code.

    One query, however long its history is.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, ledger.balance(%s, code) FROM unnest(%s::text[]) code",
            [account, sorted(CURRENCIES)],
        )
        return tuple(money(int(minor), code) for code, minor in cursor.fetchall() if minor)


def totals() -> tuple[Money, ...]:
    """Return the sum of all postings by currency: zero in each, or the book is broken."""
    found = dict(Posting.objects.values_list("currency").annotate(sum=Sum("minor")))
    return tuple(money(int(found.get(code, 0)), code) for code in sorted(CURRENCIES))
