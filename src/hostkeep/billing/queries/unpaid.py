"""What is still owed."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, F, OuterRef, Subquery, Value
from django.db.models.lookups import Exact

from hostkeep.billing.models import Invoice, InvoiceLine
from hostkeep.billing.queries.covered import still_unpaid, with_paid
from hostkeep.billing.queries.invoices import LISTED, InvoiceRow, row_of
from hostkeep.billing.queries.things import more_things
from hostkeep.billing.rules.crediting import OWED_KINDS
from hostkeep.billing.rules.numbering import CANARY
from hostkeep.kernel.ids import AccountId, BrandId
from hostkeep.kernel.money import Money
from hostkeep.vault.columns import SealedColumn


def unpaid_of(account: AccountId, *, first: int = 50) -> tuple[InvoiceRow, ...]:
    """Return an account's invoices on which something is owed, the first due first.  One query."""
    titles = InvoiceLine.objects.filter(invoice=OuterRef("pk"), position=1).values("title")
    owed = still_unpaid(Invoice.objects.filter(account=account))
    found = owed.annotate(title=Subquery(titles), more=more_things(), total=Value(0), unpaid=Value(0))
    return tuple(row_of(row) for row in found.order_by("due_at", "id").values_list(*LISTED)[:first])


def owing_near(brand: BrandId, *, least: Money, most: Money, first: int = 200) -> tuple[InvoiceRow, ...]:
    """Return a brand's invoices on which an amount within two is still owed, newest first.  One query."""
    owed = still_unpaid(
        Invoice.objects.filter(brand=brand, currency=least.currency.code, kind__in=OWED_KINDS)
    ).annotate(owed_minor=F("gross_minor") - F("paid_minor"))
    within = owed.filter(owed_minor__gte=least.minor, owed_minor__lte=most.minor)
    found = within.annotate(title=Value(None, SealedColumn()), more=Value(0), total=Value(0), unpaid=Value(0))
    return tuple(row_of(row) for row in found.order_by("-issued_at", "-id").values_list(*LISTED)[:first])


def unpaid_by_brand() -> Mapping[BrandId, int]:
    """Return how many invoices are unpaid in each brand that has some, a canary's aside.  One query."""
    owed = still_unpaid(Invoice.objects.exclude(kind=CANARY))
    counts = owed.values_list("brand").annotate(count=Count("id")).order_by()
    return {BrandId(row[0]): int(row[-1]) for row in counts}


def owing(brand: BrandId, *, amount: Money, first: int = 20) -> tuple[InvoiceRow, ...]:
    """Return a brand's invoices on which exactly this is still owed, newest first: who may have sent it."""
    found = with_paid(
        Invoice.objects.filter(brand=brand, currency=amount.currency.code, gross_minor__gte=amount.minor)
    )
    rows = (
        found.filter(Exact(F("paid_minor"), F("gross_minor") - amount.minor))
        .annotate(title=Value(None, SealedColumn()), more=Value(0), total=Value(0), unpaid=Value(0))
        .order_by("-issued_at", "-id")
        .values_list(*LISTED)[:first]
    )
    return tuple(row_of(row) for row in rows)
