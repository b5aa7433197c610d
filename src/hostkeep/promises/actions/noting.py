"""Noting what a round of checks saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, Ref
from hostkeep.promises.models import Finding
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


@dataclass(frozen=True, slots=True)
class Round:
    """A round of checks, noted.  broken: clauses of which a check failed that had not failed before."""

    id: UUID
    broken: tuple[ClauseId, ...]

    @property
    def ref(self) -> Ref:
        """The round."""
        return Ref("promises.round", self.id)


@recorded("promises.round.noted")
def note_round(act: Act, *, notes: Sequence[Note]) -> Round:
    """Note what the checks of act.brand saw: the same result lengthens its span, another begins one."""
    fresh = [note.clause for note in notes if _note(act, note) and note.result == "failed"]
    return Round(uuid4(), tuple(dict.fromkeys(fresh)))


def _note(act: Act, note: Note) -> bool:
    """Write one note; say whether the result is a new one."""
    series = Finding.objects.filter(brand=act.brand, clause=note.clause, part=note.part, what=note.what)
    last = series.order_by("-at").first()
    value = note.value[:LONGEST]
    if last is not None and last.result == note.result and act.at - last.at <= BREAK:
        Finding.objects.filter(id=last.id).update(at=max(act.at, last.at), value=value)
        return False
    Finding.objects.create(
        brand=act.brand, clause=note.clause, part=note.part, what=note.what,
        result=note.result, value=value, since=act.at, at=act.at,
    )  # fmt: skip
    return last is None or last.result != note.result
