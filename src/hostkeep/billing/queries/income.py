"""Income by span: what was invoiced and taken back, what money came and went.  Sums, no person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Trunc

from hostkeep.billing.models import Dispute, Invoice, Payment, Refund
from hostkeep.billing.queries.tax_rows import ADDS, TAKES
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import CURRENCIES, Currency, Money

By = Literal["month", "quarter", "year"]


@dataclass(frozen=True, slots=True)
class Invoiced:
    """Documents of a span in one currency.

    first       the span's first day in the brand's zone
    net, tax    of invoices and debit notes; documents: how many
    back        what credit notes took back of the net; tax_back: of the tax; notes: how many
    """

    first: date
    net: Money
    tax: Money
    documents: int
    back: Money
    tax_back: Money
    notes: int

    @property
    def income(self) -> Money:
        """What was earned, without tax."""
        return self.net - self.back


@dataclass(frozen=True, slots=True)
class Moved:
    """Money of a span that came or went by one gateway.

    came        payments
    given_back  refunds that arrived; taken: what payers' banks took back and kept
    """

    first: date
    gateway: str
    came: Money
    given_back: Money
    taken: Money

    @property
    def left(self) -> Money:
        """What is left of what came."""
        return self.came - self.given_back - self.taken


def invoiced(
    brand: BrandId, *, since: datetime, until: datetime, by: By, zone: str
) -> tuple[Invoiced, ...]:
    """Return a brand's documents by span and currency, oldest first; spans without any are left out.

    since, until  half open; give the brand's own midnights
    zone          in which a document's day is counted
    Proformas and a canary's documents count nowhere.  One query.
    """
    found = (
        Invoice.objects.filter(
            brand=brand, kind__in=[*ADDS, TAKES], issued_at__gte=since, issued_at__lt=until
        )
        .values("kind", "currency", first=Trunc("issued_at", by, tzinfo=ZoneInfo(zone)))
        .annotate(net=Sum("net_minor"), tax=Sum("tax_minor"), many=Count("id"))
        .order_by("first", "currency")
    )
    sums: dict[tuple[date, str], list[int]] = {}
    for row in found:
        at = sums.setdefault((row["first"].date(), row["currency"]), [0, 0, 0, 0, 0, 0])
        start = 3 if row["kind"] == TAKES else 0
        for place, value in enumerate((row["net"], row["tax"], row["many"])):
            at[start + place] += int(value)
    return tuple(_invoiced(first, CURRENCIES[code], row) for (first, code), row in sums.items())


def money_moved(brand: BrandId, *, since: datetime, until: datetime, by: By, zone: str) -> tuple[Moved, ...]:
    """Return what money came and went by span, gateway and currency, oldest first.  Three queries.

    A payment counts when it came, a refund when it arrived, a dispute when it was lost.
    """
    span = (since, until, by, ZoneInfo(zone))
    lost = Dispute.objects.filter(brand=brand, state="lost")
    given = Refund.objects.filter(brand=brand, state="settled")
    sums: dict[tuple[date, str, str], list[int]] = {}
    for place, rows in enumerate((
        _by_span(Payment.objects.filter(brand=brand), "received_at", *span),
        _by_span(given, "settled_at", *span),
        _by_span(lost, "closed_at", *span),
    )):
        for row in rows:
            key = (row["first"].date(), row["gateway"], row["currency"])
            sums.setdefault(key, [0, 0, 0])[place] += int(row["sum"])
    return tuple(_moved(key, row) for key, row in sorted(sums.items()))


def _by_span(
    rows: QuerySet[Any], at: str, since: datetime, until: datetime, by: By, zone: ZoneInfo
) -> Iterable[Mapping[str, Any]]:
    """Sum rows by span, gateway and currency."""
    within = rows.filter(**{f"{at}__gte": since, f"{at}__lt": until}).order_by()
    named = within.values("gateway", "currency", first=Trunc(F(at), by, tzinfo=zone))
    found: Iterable[Mapping[str, Any]] = named.annotate(sum=Sum("minor"))
    return found


def _invoiced(first: date, currency: Currency, row: list[int]) -> Invoiced:
    net, tax, documents, back, tax_back, notes = row
    return Invoiced(
        first, Money(net, currency), Money(tax, currency), documents,
        Money(back, currency), Money(tax_back, currency), notes,
    )  # fmt: skip


def _moved(key: tuple[date, str, str], row: list[int]) -> Moved:
    first, gateway, code = key
    came, given, taken = (Money(minor, CURRENCIES[code]) for minor in row)
    return Moved(first, gateway, came, given, taken)
