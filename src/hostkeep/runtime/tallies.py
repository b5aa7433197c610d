"""Counting what happened, by day."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from hostkeep.kernel.ids import BrandId
from hostkeep.runtime.models import Tally


def tally(*, brand: BrandId, kind: str, name: str, at: datetime, count: int = 1) -> None:
    """Add count to a day's row, in one statement.

    kind  "cookie.sent", "cookie.dropped", "cookie.trimmed", "form.refused", "egress.sent", "egress.broke",
          "egress.refused", "egress.sighted"
    name  the cookie's or form's name, never a value
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO runtime_tally (day, brand, kind, name, count, last_at) VALUES (%s,%s,%s,%s,%s,%s)"
            " ON CONFLICT (day, brand, kind, name)"
            " DO UPDATE SET count = runtime_tally.count + excluded.count, last_at = excluded.last_at",
            [at.date(), brand, kind, name[:64], count, at],
        )


def tallies(*, brand: BrandId, kind: str, since: datetime) -> dict[str, int]:
    """Return counts by name since a time, as whole days."""
    found = Tally.objects.filter(brand=brand, kind=kind, day__gte=since.date())
    counts: dict[str, int] = {}
    for row in found:
        counts[row.name] = counts.get(row.name, 0) + row.count
    return counts


def last_tallied(*, brand: BrandId, kind: str, name: str) -> datetime | None:
    """Return when something was last counted, or None."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT last_at FROM runtime_tally WHERE brand = %s AND kind = %s AND name = %s"
            " ORDER BY day DESC LIMIT 1",
            [brand, kind, name],
        )
        found = cursor.fetchone()
    return found[0] if found else None
