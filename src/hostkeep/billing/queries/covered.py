"""How far documents are covered, added to the rows that are asked for."""

from __future__ import annotations

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThan

from hostkeep.billing.models import Allocation, Invoice, ProformaEnded
from hostkeep.billing.rules.numbering import CREDIT_NOTE, INVOICE, PROFORMA

TAKEN_BACK = "credit_note"
"""The source of what a credit note covers: nobody paid it."""


def with_paid(found: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Add to each document what went on it so far.

    A credit note asks for nothing, and a proforma for nothing more once its invoice is there, or it is
    withdrawn.
    """
    withdrawn = Exists(ProformaEnded.objects.filter(invoice=OuterRef("pk")))
    parts = Allocation.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
    noted, paid = parts.filter(source=TAKEN_BACK), parts.exclude(source=TAKEN_BACK)
    fulfilled = Exists(Invoice.objects.filter(corrects=OuterRef("pk"), kind=INVOICE))
    return found.annotate(
        paid_minor=Case(
            When(kind=CREDIT_NOTE, then=F("gross_minor")),
            When(Q(kind=PROFORMA) & (fulfilled | withdrawn), then=F("gross_minor")),
            default=Coalesce(Subquery(parts.annotate(sum=Sum("minor")).values("sum")), Value(0)),
        ),
        taken_back=Case(
            When(withdrawn, then=Value(True)),
            When(Exists(noted) & ~Exists(paid) & Q(paid_minor=F("gross_minor")), then=Value(True)),
            default=Value(False),
        ),
    )


def still_unpaid(found: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Leave only invoices on which something is owed."""
    return with_paid(found).filter(LessThan(F("paid_minor"), F("gross_minor")))
