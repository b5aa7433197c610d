"""Alarms that rooms raise, taken in.

A room raises an alarm with `audit.alarms.raise_alarm`; the watch here takes it within a minute.  What a probe
provokes on purpose is matched by the probe's trace and closed as it opens: nobody is woken by a rehearsal.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Max

from hostkeep.audit.reading import RaisedRow, newest_id, raised_after
from hostkeep.audit.rounds import go_through
from hostkeep.kernel.act import Act
from hostkeep.people.queries import canaries
from hostkeep.promises.actions.alarming import Alarmed, take_alarm
from hostkeep.promises.control import Scene
from hostkeep.promises.models import Alarm
from hostkeep.promises.stranger import PROBE
from hostkeep.vault import nyms

LATE = 100_000
"""Entries of the audit whose alarms are looked at again: one may be committed after one with a higher number,
and a run that enters many takes as many numbers.  Few of them are alarms, and these have an index.
"""


@dataclass(slots=True)
class Caught:
    """Alarms that a probe expected and got.  kinds: one word each."""

    kinds: list[str] = field(default_factory=list)


def take_raised(act: Act) -> int:
    """Take in what rooms raised since the last time; return how many.  A watch: called each minute."""
    last = Alarm.objects.aggregate(last=Max("entry"))["last"] or 0
    known = set(Alarm.objects.filter(entry__gt=last - LATE).values_list("entry", flat=True))
    fresh = [raised for raised in _all_after(last - LATE) if raised.id not in known]
    ours = _canary_handles() if fresh else set[UUID]()

    def take(raised: RaisedRow) -> Alarmed:
        return take_alarm(act.of_brand(raised.brand), raised=raised, matched_by=_probe_of(raised, ours))

    return len(go_through(act, fresh, take, event="alarm.not_taken", about=lambda raised: raised.id))


def _all_after(entry: int) -> Iterator[RaisedRow]:
    """Give every alarm that was entered after an entry, in pages: a hundred of one hour hide no later one."""
    while found := raised_after(entry):
        yield from found
        entry = found[-1].id


@contextmanager
def expected_alarms(scene: Scene) -> Iterator[Caught]:
    """Catch the alarms that a probe provokes inside: matched to it and closed, nobody is told.

    Put it around the rehearsal, not into it: alarms outlive the rollback, and so must their match.
    After the block `kinds` says what came; a probe that expected one and got none has failed.
    """
    before = newest_id()
    caught = Caught()
    yield caught
    for raised in raised_after(before):
        if raised.trace == scene.act.trace:
            take_alarm(scene.act, raised=raised, matched_by=scene.act.trace)
            caught.kinds.append(raised.kind)


def _canary_handles() -> set[UUID]:
    """Return the handles under which the canaries stand in the book: their accounts, and their pseudonyms."""
    rows = canaries()
    names = (nyms.known(row.subject) for row in rows)
    return {UUID(str(row.id)) for row in rows} | {name for name in names if name is not None}


def _probe_of(raised: RaisedRow, ours: set[UUID]) -> str:
    """Return the trace of the probe that an alarm belongs to, or an empty text."""
    if raised.trace.startswith(PROBE):
        return raised.trace
    return f"{PROBE}canary" if raised.thing in ours else ""
