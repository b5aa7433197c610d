"""Exports that wait to be fetched by the person they were made for."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import SubjectId
from hostkeep.vault.models import Export
from hostkeep.vault.wall import opened


def waiting_of(act: Act, *, subject: SubjectId) -> tuple[tuple[UUID, datetime], ...]:
    """Return the exports of a person that were not fetched yet: handle, and when each is over.

    A customer sees their own alone: for another's the answer is empty, as if there were none.
    """
    if act.role == "customer" and act.own != subject:
        return ()
    with opened():
        found = Export.objects.filter(subject=subject, brand=act.brand, taken_at=None, expires_at__gt=act.at)
        return tuple(found.order_by("-made_at").values_list("id", "expires_at"))
