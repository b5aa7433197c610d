"""Erasures that stand still ring: one alarm for all of them, closed when there are none any more."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from hostkeep.audit.alarms import raise_alarm
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, ClauseId, Ref
from hostkeep.promises import alarms
from hostkeep.promises.actions.alarming import close_alarm
from hostkeep.promises.alarm_watch import take_raised
from hostkeep.vault.stuck import stuck

KIND = "erasures_stuck"
ABOUT = Ref("promises.work", uuid5(NAMESPACE_URL, "hostkeep:work:erasures"))


def tell_stuck(act: Act) -> int:
    """Open the alarm where an erasure stands still, close it where none does; return whether that changed it.

    A watch: called each minute.
    """
    mine, stands = act.of_brand(OPERATOR), bool(stuck(act.at))
    rings = [row for row in alarms.open_alarms() if row.kind == KIND]
    if not stands:
        return sum(close_alarm(mine, alarm=row.id).fresh for row in rings)
    if rings:
        return 0
    raise_alarm(mine, kind=KIND, about=ABOUT, clause=ClauseId(""))
    return take_raised(mine)
