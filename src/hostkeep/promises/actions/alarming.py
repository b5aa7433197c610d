"""Alarms: opened once, told once, closed by whoever or whatever ends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from hostkeep.audit.reading import RaisedRow
from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, ClauseId, Ref
from hostkeep.promises.errors import NoSuchAlarm
from hostkeep.promises.events import AlarmClosed, AlarmOpened
from hostkeep.promises.models import Alarm
from hostkeep.promises.rules.letters import COLUMN, About
from hostkeep.runtime.outbox import publish

LONGEST = 200
"""Characters of a value that are kept."""


@dataclass(frozen=True, slots=True)
class Alarmed:
    """An alarm.  fresh: whether this deed changed anything."""

    alarm: UUID
    fresh: bool

    @property
    def ref(self) -> Ref:
        """The alarm."""
        return Ref("promises.alarm", self.alarm)


@dataclass(frozen=True, slots=True)
class Lettered:
    """Alarms that one letter tells of.

    letter  its id: that of the alarm where it is alone
    alarms  how many; none where another worker was first
    """

    letter: UUID
    alarms: int

    @property
    def ref(self) -> Ref:
        """The letter."""
        return Ref("promises.letter", self.letter)


@recorded("promises.alarm.opened")
def open_alarm(act: Act, *, clause: ClauseId, value: str) -> Alarmed:
    """Open the alarm of a light of act.brand that turned red; where one is open, leave it.

    value  what was seen
    Writes an Alarm and an AlarmOpened event, or nothing but the audit's entry.
    """
    broken, seen = Alarm.BROKEN, value[:LONGEST]
    alarm = Alarm(brand=act.brand, clause=clause, kind=broken, value=seen, opened_at=act.at)
    Alarm.objects.bulk_create([alarm], ignore_conflicts=True)
    stands = Alarm.objects.get(brand=act.brand, clause=clause, kind=Alarm.BROKEN, closed_at=None)
    fresh = stands.id == alarm.id
    if fresh:
        publish(act, AlarmOpened(alarm.id))
    return Alarmed(stands.id, fresh)


@recorded("promises.alarm.taken")
def take_alarm(act: Act, *, raised: RaisedRow, matched_by: str) -> Alarmed:
    """Take an alarm that a room entered in the audit, once an entry.

    matched_by  trace of the probe that provoked it on purpose: it is closed at once and nobody is told;
                empty for all others
    """
    closed = {"closed_at": act.at, "closed_by": act.actor, "matched_by": matched_by} if matched_by else {}
    alarm = Alarm(
        brand=raised.brand,
        clause=raised.clause,
        kind=raised.kind,
        entry=raised.id,
        opened_at=act.at,
        **closed,
    )
    Alarm.objects.bulk_create([alarm], ignore_conflicts=True)
    stands = Alarm.objects.get(entry=raised.id)
    fresh = stands.id == alarm.id
    if fresh and not matched_by:
        publish(act.of_brand(BrandId(raised.brand)), AlarmOpened(alarm.id))
    return Alarmed(stands.id, fresh)


@recorded("promises.alarm.closed")
def close_alarm(act: Act, *, alarm: UUID) -> Alarmed:
    """Close an alarm; one that is closed stays as it is.  Raises NoSuchAlarm."""
    row = Alarm.objects.select_for_update().filter(id=alarm).first()
    if row is None:
        raise NoSuchAlarm
    if row.closed_at is not None:
        return Alarmed(row.id, fresh=False)
    row.closed_at, row.closed_by = max(act.at, row.opened_at), act.actor
    row.save(update_fields=["closed_at", "closed_by"])
    publish(act.of_brand(BrandId(row.brand)), AlarmClosed(row.id))
    return Alarmed(row.id, fresh=True)


@recorded("promises.alarm.told")
def put_in_letter(act: Act, *, alarms: Sequence[UUID], about: About) -> Lettered:
    """Put alarms into one letter, each once in its life; whoever calls queues it in the same transaction.

    about  whether it tells that they opened or that they closed
    Of two at the same time the second finds none left.
    """
    del act
    untold = Alarm.objects.filter(id__in=alarms, **{COLUMN[about]: None})
    mine = [row.id for row in untold.select_for_update().order_by("id")]
    letter = mine[0] if len(mine) == 1 else uuid4()
    Alarm.objects.filter(id__in=mine).update(**{COLUMN[about]: letter})
    return Lettered(letter, len(mine))
