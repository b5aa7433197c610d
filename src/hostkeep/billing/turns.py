"""Open money takes turns at being asked about: whoever was asked about longest ago comes first.

Who was asked is written down before the asking, by one statement that commits by itself: whatever the asking
does, the next round begins with others.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from hostkeep.billing.models import PaymentAttempt, Refund


def attempts_asked(attempts: Iterable[UUID], at: datetime) -> None:
    """Write down that it is being asked now what became of attempts."""
    PaymentAttempt.objects.filter(id__in=tuple(attempts)).update(looked_at=at)


def refunds_asked(refunds: Iterable[UUID], at: datetime) -> None:
    """Write down that it is being asked now what became of refunds."""
    Refund.objects.filter(id__in=tuple(refunds)).update(looked_at=at)
