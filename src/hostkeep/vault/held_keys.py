"""Keys that are due to be destroyed and are not, because a hold keeps them: which, and which hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hostkeep.kernel.ids import BrandId, SubjectId
from hostkeep.vault.holds import HoldRow, row_of_hold
from hostkeep.vault.models import Hold, SubjectKey
from hostkeep.vault.wall import opened


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key that a hold keeps, or kept.

    since  when it fell due and was found held
    holds  the approved holds that name its class, the next to be reviewed first; empty where all have ended:
           then the next sweep destroys it
    """

    brand: BrandId
    subject: SubjectId
    keep_class: str
    since: datetime | None
    holds: tuple[HoldRow, ...]


def held_keys(at: datetime) -> tuple[HeldKey, ...]:
    """Return every held key of the house, by brand and handle.  Two queries.

    It names secret holds too: it is for whoever has the machine, and no page shows it.
    """
    with opened():
        keys = list(SubjectKey.objects.filter(state="held").order_by("brand", "subject", "keep_class"))
        subjects = {key.subject for key in keys}
        found = Hold.objects.filter(subject__in=subjects, approved_at__isnull=False, ended_at=None)
        holds = [row_of_hold(row, at) for row in found.order_by("review_at", "id")]
    by_subject: dict[SubjectId, list[HoldRow]] = {}
    for hold in holds:
        by_subject.setdefault(hold.subject, []).append(hold)
    return tuple(_row(key, by_subject) for key in keys)


def _row(key: SubjectKey, holds: Mapping[SubjectId, Sequence[HoldRow]]) -> HeldKey:
    """Freeze a key with the holds that name its class."""
    subject = SubjectId(key.subject)
    named = tuple(hold for hold in holds.get(subject, ()) if key.keep_class in hold.classes)
    return HeldKey(BrandId(key.brand), subject, key.keep_class, key.changed_at, named)
