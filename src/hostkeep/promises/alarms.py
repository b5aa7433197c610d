"""Alarms as they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.promises.errors import NoSuchAlarm
from hostkeep.promises.models import Alarm, Round
from hostkeep.promises.rules.letters import COLUMN, LONGEST_WAIT, About


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm.

    kind        "broken" for a light that turned red, else what a room raised
    value       what was seen
    closed_by   actor that closed it, or empty
    matched_by  trace of the probe that provoked it, or empty
    """

    id: UUID
    brand: BrandId
    clause: ClauseId
    kind: str
    value: str
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    matched_by: str


def alarm(alarm_id: UUID) -> AlarmRow:
    """Return one alarm.  Raises NoSuchAlarm."""
    row = Alarm.objects.filter(id=alarm_id).first()
    if row is None:
        raise NoSuchAlarm
    return _row(row)


def open_alarms() -> tuple[AlarmRow, ...]:
    """Return what is open in all brands, oldest first."""
    return tuple(_row(row) for row in Alarm.objects.filter(closed_at=None).order_by("opened_at"))


def closed_alarms(*, most: int = 50) -> tuple[AlarmRow, ...]:
    """Return what was closed in all brands, newest first."""
    found = Alarm.objects.exclude(closed_at=None).order_by("-closed_at", "-id")
    return tuple(_row(row) for row in found[:most])


def open_alarm_count() -> int:
    """Count what is open."""
    return Alarm.objects.filter(closed_at=None).count()


def open_lights(brand: BrandId) -> Mapping[ClauseId, UUID]:
    """Return the open alarms of a brand's red lights, by clause."""
    found = Alarm.objects.filter(brand=brand, kind=Alarm.BROKEN, closed_at=None)
    return {ClauseId(row.clause): row.id for row in found}


def untold(about: About) -> tuple[AlarmRow, ...]:
    """Return the alarms that opened, or closed, and that no letter tells of yet, oldest first.

    Those that a probe provoked on purpose are never told.
    """
    found = Alarm.objects.filter(matched_by="", **{COLUMN[about]: None})
    if about == "closed":
        found = found.exclude(closed_at=None)
    return tuple(_row(row) for row in found.order_by(f"{about}_at", "brand", "clause", "id"))


def in_letter(letter: UUID, about: About) -> tuple[AlarmRow, ...]:
    """Return the alarms that a letter tells of, by brand and clause."""
    found = Alarm.objects.filter(**{COLUMN[about]: letter}).order_by("brand", "clause", "opened_at", "id")
    return tuple(_row(row) for row in found)


def is_round_under_way(at: datetime) -> bool:
    """Say whether some brand's newest round is not through; one that died counts no longer than a wait."""
    young = Round.objects.filter(begun_at__gt=at - LONGEST_WAIT, begun_at__lte=at)
    newest = young.order_by("brand", "-begun_at").distinct("brand")
    return any(row.done < row.checks for row in newest)


def _row(row: Alarm) -> AlarmRow:
    """Freeze an alarm."""
    return AlarmRow(
        row.id, BrandId(row.brand), ClauseId(row.clause), row.kind, row.value, row.opened_at, row.closed_at,
        row.closed_by, row.matched_by,
    )  # fmt: skip
