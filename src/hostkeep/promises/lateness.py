"""What must come round by itself, and whether it still does: sweeper, scan, sequencer and probes.

Pages read this as they are shown, so that a mark stands there although no worker lives.  Where workers live,
a watch raises one alarm for the whole house, and closes it when the work was done again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from hostkeep.audit import checkpoints
from hostkeep.audit.alarms import raise_alarm
from hostkeep.brands.queries import all_brands, versions_of
from hostkeep.flows import scanning, sweeping
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import OPERATOR, ClauseId, Ref
from hostkeep.promises import alarms
from hostkeep.promises.actions.alarming import close_alarm
from hostkeep.promises.alarm_watch import take_raised
from hostkeep.promises.findings import last_round
from hostkeep.runtime import clock

LATE = sweeping.LATE
"""The longest between two times: a day and some slack."""

GRACE = 300.0
"""Seconds of the machine's own clock for which a work may be late before an alarm.

A machine that slept, or a demo whose clock was moved, catches up in that time.  A clock that leaps day after
day makes everything late again before it was done, so the time begins anew with each leap.
"""

SWEEPER, SCAN, SEQUENCER, PROBES = "sweeper", "scan", "sequencer", "probes"
KIND = "{name}_late"

_late_since: dict[str, float] = {}
_moved: list[timedelta] = []
"""How far the demo's clock stood ahead when this process looked last."""


@dataclass(frozen=True, slots=True)
class Work:
    """Something that comes round.  last: when it was done to its end, None before the first time."""

    name: str
    last: datetime | None
    late: bool


def works(at: datetime) -> tuple[Work, ...]:
    """Return each work, and whether it is late; what was never done counts from the house's first day."""
    born = min((version.announced_at for row in all_brands() for version in versions_of(row.id)), default=at)
    return tuple(
        Work(name, last, late=at - (born if last is None else last) > LATE) for name, last in _last_times()
    )


def late_works(at: datetime) -> frozenset[str]:
    """Return the names of the works that are late."""
    return frozenset(work.name for work in works(at) if work.late)


def tell_late(act: Act) -> int:
    """Raise an alarm for each work that is late, close those of works that no longer are; return how many.

    A watch: called each minute.
    """
    late, ahead = late_works(act.at), clock.ahead()
    if _moved != [ahead]:
        _moved[:] = [ahead]
        _late_since.clear()
    for name in [*_late_since]:
        if name not in late:
            del _late_since[name]
    return sum(_tell(act, name, is_late=name in late) for name, _ in _last_times())


def _tell(act: Act, name: str, *, is_late: bool) -> int:
    """Open or close the alarm of one work; return 1 where that changed something."""
    mine, kind = act.of_brand(OPERATOR), KIND.format(name=name)
    stand = [row for row in alarms.open_alarms() if row.brand == OPERATOR and row.kind == kind]
    if not is_late:
        return sum(close_alarm(mine, alarm=row.id).fresh for row in stand)
    since = _late_since.setdefault(name, time.monotonic())
    if stand or time.monotonic() - since < GRACE:
        return 0
    about = Ref("promises.work", uuid5(NAMESPACE_URL, f"hostkeep:work:{name}"))
    raise_alarm(mine, kind=kind, about=about, clause=ClauseId(""))
    return take_raised(mine)


def _last_times() -> Iterator[tuple[str, datetime | None]]:
    """Give each work, and when it was done last; of the probes the brand that waits longest counts."""
    scan, signed = scanning.newest(), checkpoints.newest()
    rounds = [last_round(row.id) for row in all_brands()]
    yield SWEEPER, sweeping.last_run()
    yield SCAN, scan.at if scan else None
    yield SEQUENCER, signed.at if signed else None
    yield PROBES, None if None in rounds else min((at for at in rounds if at), default=None)
