"""Reading the book: an account's lines, and what it stands at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Sum

from hostkeep.kernel.ids import Ref
from hostkeep.kernel.money import CURRENCIES, Currency, Money, money
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


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry as it moves some account codes.  moved: by code, in one currency; positive a debit."""

    entry: UUID
    at: datetime
    about: Ref
    moved: Mapping[str, Money]


def moved_between(
    accounts: Sequence[str], *, since: datetime, until: datetime, most: int | None = None
) -> tuple[EntryLine, ...]:
    """Return how entries move some account codes from a time on and before another, in the book's order.

    most  where there are more lines than so many, the rest is not read: so many come back and a part of one

    An entry in two currencies is two lines.  One query.
    """
    found = Posting.objects.filter(account__in=accounts, entry__at__gte=since, entry__at__lt=until)
    lines: dict[tuple[UUID, str], dict[str, Money]] = {}
    entries = {}
    for row in found.select_related("entry").order_by("entry__at", "id").iterator():
        if most is not None and len(lines) > most:
            break
        moved = lines.setdefault((row.entry_id, row.currency), {})
        amount = money(row.minor, row.currency)
        moved[row.account] = moved[row.account] + amount if row.account in moved else amount
        entries[row.entry_id] = row.entry
    return tuple(
        EntryLine(of, row.at, Ref(row.about_kind, row.about_id), moved)
        for (of, _), moved in lines.items() for row in (entries[of],)
    )  # fmt: skip


def stood_at(accounts: Sequence[str], at: datetime) -> dict[Currency, dict[str, Money]]:
    """Return what some account codes stood at before a time, by currency and code.  One query."""
    found = Posting.objects.filter(account__in=accounts, entry__at__lt=at)
    stood: dict[Currency, dict[str, Money]] = {}
    for account, code, minor in found.values_list("account", "currency").annotate(sum=Sum("minor")):
        amount = money(int(minor), code)
        stood.setdefault(amount.currency, {})[account] = amount
    return stood


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
