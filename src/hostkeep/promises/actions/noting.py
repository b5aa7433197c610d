"""Noting what a round of checks saw, and the alarms that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import F

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, Ref
from hostkeep.promises.actions.alarming import close_alarm, open_alarm
from hostkeep.promises.alarms import open_lights
from hostkeep.promises.control import Control
from hostkeep.promises.findings import Series, is_mended, newest_findings
from hostkeep.promises.models import Finding, Round
from hostkeep.promises.rules.lights import Part, Result

BREAK = timedelta(hours=2)
"""A check not looked at for so long begins a new span: what happened in between nobody saw."""

LONGEST = 200
"""Characters of a value that are kept."""


@dataclass(frozen=True, slots=True)
class Note:
    """What one check saw.  what: the check's own sentence.  value: facts of ours, nothing personal."""

    clause: ClauseId
    part: Part
    what: str
    result: Result
    value: str

    @property
    def series(self) -> Series:
        """Names the check among those of a brand."""
        return self.clause, self.part, self.what


@dataclass(frozen=True, slots=True)
class Begun:
    """A round that began."""

    id: UUID

    @property
    def ref(self) -> Ref:
        """The round."""
        return Ref("promises.round", self.id)


@dataclass(frozen=True, slots=True)
class Noted:
    """A part of a round, noted.

    broken  clauses whose light turned red by it
    mended  clauses whose alarm was closed by it
    """

    run: UUID
    broken: tuple[ClauseId, ...]
    mended: tuple[ClauseId, ...]

    @property
    def ref(self) -> Ref:
        """The round."""
        return Ref("promises.round", self.run)


@recorded("promises.round.begun")
def begin_round(act: Act, *, checks: int) -> Begun:
    """Note that a round of act.brand begins.  checks: how many it will make."""
    return Begun(Round.objects.create(brand=act.brand, begun_at=act.at, checks=checks).id)


@recorded("promises.round.noted")
def note_round(act: Act, *, run: UUID, notes: Sequence[Note], controls: Sequence[Control]) -> Noted:
    """Note what the checks of some controls of act.brand saw.

    The same result lengthens its span, another begins one.  A clause of which a check failed has an open
    alarm afterwards; one that is green again has none.
    """
    newest = newest_findings(act.brand)
    for note in notes:
        _note(act, note, newest.get(note.series))
    Round.objects.filter(id=run).update(done=F("done") + len(notes))
    return Noted(run, _broken(act, notes), _mended(act, controls))


def _note(act: Act, note: Note, last: Finding | None) -> None:
    """Write one note."""
    value = note.value[:LONGEST]
    if last is not None and last.result == note.result and act.at - last.at <= BREAK:
        Finding.objects.filter(id=last.id).update(at=max(act.at, last.at), value=value)
        return
    Finding.objects.create(
        brand=act.brand, clause=note.clause, part=note.part, what=note.what,
        result=note.result, value=value, since=act.at, at=act.at,
    )  # fmt: skip


def _broken(act: Act, notes: Sequence[Note]) -> tuple[ClauseId, ...]:
    """Open an alarm for every clause of which a check failed; return those that had none."""
    seen: dict[ClauseId, list[str]] = {}
    for note in notes:
        if note.result == "failed":
            seen.setdefault(note.clause, []).append(f"{note.what}: {note.value}")
    known = open_lights(act.brand) if seen else {}
    fresh = [clause for clause in seen if clause not in known]
    for clause in fresh:
        open_alarm(act, clause=clause, value="; ".join(seen[clause]))
    return tuple(fresh)


def _mended(act: Act, controls: Sequence[Control]) -> tuple[ClauseId, ...]:
    """Close the alarms of clauses of which nothing is broken any more; return these."""
    known = open_lights(act.brand)
    closed = []
    for control in controls:
        if control.clause in known and is_mended(act.brand, control, act.at):
            close_alarm(act, alarm=known[control.clause])
            closed.append(control.clause)
    return tuple(closed)
