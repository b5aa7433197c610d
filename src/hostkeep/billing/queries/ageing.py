"""Ageing: what is owed to a brand at a moment, by how long it is overdue.  Documents, no person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from hostkeep.billing.models import Allocation, Invoice
from hostkeep.billing.queries.tax_rows import ADDS
from hostkeep.kernel.ids import BrandId, InvoiceId
from hostkeep.kernel.money import CURRENCIES, Currency, Money, money

Age = Literal["not_due", "to_30", "to_60", "to_90", "older"]

AGES: tuple[tuple[Age, int], ...] = (("not_due", 0), ("to_30", 30), ("to_60", 60), ("to_90", 90))
"""Up to how many days overdue; what is more is "older".  The usual steps of a debtors' list."""

ALL: tuple[Age, ...] = (*(age for age, _ in AGES), "older")


@dataclass(frozen=True, slots=True)
class AgeRow:
    """What is owed in one currency, by age in the order of ALL, with the number of documents of each."""

    currency: Currency
    owed: tuple[Money, ...]
    documents: tuple[int, ...]

    @property
    def total(self) -> Money:
        """All that is owed."""
        return sum(self.owed[1:], start=self.owed[0])

    @property
    def overdue(self) -> Money:
        """What should have been paid."""
        return sum(self.owed[2:], start=self.owed[1])


@dataclass(frozen=True, slots=True)
class Open:
    """A document on which something was owed."""

    id: InvoiceId
    number: str
    issued_at: datetime
    due_at: datetime
    owed: Money
    age: Age


def ageing(brand: BrandId, *, at: datetime) -> tuple[AgeRow, ...]:
    """Return what was owed at a moment, by currency; nothing where nothing was.  One query.

    As of any moment: what was paid or taken back later is still owed in it.
    """
    rows: dict[str, tuple[list[int], list[int]]] = {}
    for each in open_at(brand, at=at):
        sums, many = rows.setdefault(each.owed.currency.code, ([0] * len(ALL), [0] * len(ALL)))
        place = ALL.index(each.age)
        sums[place] += each.owed.minor
        many[place] += 1
    return tuple(
        AgeRow(CURRENCIES[code], tuple(money(minor, code) for minor in sums), tuple(many))
        for code, (sums, many) in sorted(rows.items())
    )


def open_at(brand: BrandId, *, at: datetime) -> Iterator[Open]:
    """Return the documents on which something was owed at a moment, the first due first."""
    found = _open_at(brand, at).order_by("due_at", "number")
    for row in found.values("id", "number", "issued_at", "due_at", "left_minor", "currency").iterator():
        owed = money(row["left_minor"], row["currency"])
        age = age_of(row["due_at"], at)
        yield Open(InvoiceId(row["id"]), row["number"], row["issued_at"], row["due_at"], owed, age)


def age_of(due_at: datetime, at: datetime) -> Age:
    """Return how old a debt is at a moment.  A day overdue is a whole day: 24 hours."""
    late = at - due_at
    return next((age for age, days in AGES if late <= timedelta(days=days)), "older")


def _open_at(brand: BrandId, at: datetime) -> QuerySet[Any]:
    """Return documents that were issued and not covered then; left_minor: what was owed."""
    covered = (
        Allocation.objects.filter(invoice=OuterRef("pk"), at__lte=at)
        .order_by().values("invoice").annotate(sum=Sum("minor")).values("sum")
    )  # fmt: skip
    issued = Invoice.objects.filter(brand=brand, kind__in=ADDS, issued_at__lte=at)
    left = issued.annotate(left_minor=F("gross_minor") - Coalesce(Subquery(covered), Value(0)))
    return left.filter(Q(left_minor__gt=0))
