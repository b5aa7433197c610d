"""How many things a document bills, for "and 2 more" beside the first: not every line is one."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import Count, Exists, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from hostkeep.billing.models import InvoiceLine

NO_TIME = Value(datetime(1970, 1, 1, tzinfo=UTC))
"""Stands for when a line begins that bills no time."""


def more_things() -> Coalesce:
    """Return, for a query of documents, how many things each bills besides that of its first line.

    A line that takes something off is none, nor is one about what stands above it for another time or for
    none: its set-up, or the next period of the same change.  Of one subject's lines for the same time each
    is a thing of its own: so what is metered is billed.
    """
    lines = InvoiceLine.objects.annotate(begins=Coalesce("starts_at", NO_TIME)).filter(minor__gte=0)
    above = lines.filter(
        invoice=OuterRef("invoice"), about_id=OuterRef("about_id"), position__lt=OuterRef("position")
    ).exclude(begins=OuterRef("begins"))
    things = lines.filter(invoice=OuterRef("pk"), position__gt=1).exclude(Exists(above))
    counted = things.order_by().values("invoice").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count")), Value(0))
