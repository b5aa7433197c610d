"""Making an Act out of a request: the one place a face reads the clock."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, ActorId, BrandId, PurposeId, SubjectId
from hostkeep.runtime import clock


def act_of(request: HttpRequest, *, role: str, purpose: str, brand: BrandId | None = None) -> Act:
    """Return the act that this request is.

    role     "visitor", "customer" or a staff role
    purpose  one of the policy's purposes
    brand    whose data is dealt with, where staff work for one; else the brand of the host
    """
    user: Any = request.user
    signed_in = user.is_authenticated
    kind = "staff" if signed_in and getattr(user, "staff_role", "") else "user"
    return Act(
        actor=ActorId(f"{kind}:{user.pk}" if signed_in else "visitor"),
        role=role,
        purpose=PurposeId(purpose),
        at=clock.now(),
        trace=trace_of(request),
        brand=brand if brand is not None else brand_id_of(request),
        own=SubjectId(user.subject) if role == "customer" and hasattr(user, "subject") else None,
        channel="staff" if kind == "staff" else "web",
    )


def brand_id_of(request: HttpRequest) -> BrandId:
    """Return the brand of the host, OPERATOR on the operator's own."""
    row = getattr(request, "brand", None)
    return row.id if row is not None else OPERATOR


def trace_of(request: HttpRequest) -> str:
    """Return the request's id, under which its log lines and audit entries are found."""
    return str(getattr(request, "trace", "-"))
