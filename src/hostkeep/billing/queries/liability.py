"""What a brand holds for its customers: their credit, at a moment and how it moved.  Sums, no person.

Reckoned from payments, notes and credit entries, as the daily self-check does to lay it beside the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Money, money

MOVES = """
  SELECT account, currency, minor, coalesce(matched_at, received_at) AS at, 'came' AS why
    FROM billing_payment WHERE brand = %(brand)s AND account IS NOT NULL
  UNION ALL SELECT account, currency, gross_minor, issued_at, 'taken_back'
    FROM billing_invoice WHERE brand = %(brand)s AND kind = 'credit_note'
  UNION ALL SELECT i.account, i.currency, -a.minor, a.at,
      CASE a.source WHEN 'payment' THEN 'came' ELSE 'taken_back' END
    FROM billing_allocation a JOIN billing_invoice i ON i.id = a.invoice_id
    WHERE i.brand = %(brand)s AND a.source <> 'credit'
  UNION ALL SELECT account, currency, minor, at, kind
    FROM billing_creditentry WHERE brand = %(brand)s AND kind <> 'top_up'
"""
"""Every move of an account's credit: what came or was taken back beyond what it covered, and the rest."""

HELD = f"""
WITH moves AS ({MOVES}),
  each AS (
    SELECT account, currency, sum(minor) AS minor FROM moves WHERE at < %(at)s GROUP BY account, currency
  )
SELECT currency, sum(minor), count(*) FILTER (WHERE minor <> 0) FROM each GROUP BY currency ORDER BY currency
"""  # noqa: S608  no part of it comes from outside

BETWEEN = f"""
WITH moves AS ({MOVES})
SELECT currency, why, sum(minor) FROM moves WHERE at >= %(since)s AND at < %(until)s
GROUP BY currency, why HAVING sum(minor) <> 0 ORDER BY currency, why
"""  # noqa: S608  no part of it comes from outside


@dataclass(frozen=True, slots=True)
class Held:
    """Credit that is held in one currency.  accounts: for how many."""

    amount: Money
    accounts: int


@dataclass(frozen=True, slots=True)
class CreditMove:
    """Why credit grew, or shrank if negative: "came", "taken_back", or a CreditKind."""

    why: str
    amount: Money


def held_at(brand: BrandId, *, at: datetime) -> tuple[Held, ...]:
    """Return the credit of a brand's customers at a moment, by currency.  One query."""
    found = _asked(HELD, {"brand": brand, "at": at})
    return tuple(Held(money(int(minor), code), int(many)) for code, minor, many in found if minor or many)


def moved_between(brand: BrandId, *, since: datetime, until: datetime) -> tuple[CreditMove, ...]:
    """Return why credit moved between two moments, by currency and reason.  One query."""
    found = _asked(BETWEEN, {"brand": brand, "since": since, "until": until})
    return tuple(CreditMove(why, money(int(minor), code)) for code, why, minor in found)


def _asked(statement: str, values: dict[str, str | datetime]) -> Sequence[Sequence[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: Sequence[Sequence[Any]] = cursor.fetchall()
        return rows
