"""What people object to, as it stands: read by the door, and by the person.  What is said: objecting.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId, SubjectId
from hostkeep.runtime.transactions import take_turn
from hostkeep.vault.models import Objection
from hostkeep.vault.wall import opened, read

RESTRICTION = PurposeId("")
"""An objection to every purpose that can be objected to."""

STANDING = "SELECT subject, purpose FROM vault.vault_objection WHERE subject = ANY(%s) AND ended_at IS NULL"
"""What several people object to now."""


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """One objection.  purpose: empty is a restriction.  ended_at: when it was taken back, or None."""

    purpose: PurposeId
    at: datetime
    ended_at: datetime | None


def standing(subjects: Iterable[SubjectId]) -> Mapping[SubjectId, frozenset[str]]:
    """Return the purposes each of several people objects to now; who objects to nothing is left out.

    From outside the wall: one way to the server.
    """
    found = read(STANDING, ["{" + ",".join(sorted({str(each) for each in subjects})) + "}"])
    said: dict[SubjectId, frozenset[str]] = {}
    for subject, purpose in found:
        said[SubjectId(subject)] = said.get(SubjectId(subject), frozenset()) | {purpose}
    return said


def hold(subject: SubjectId, purpose: PurposeId, *, shared: bool = False) -> None:
    """Let nobody else speak on this matter until the transaction ends.  shared: as in consents.hold."""
    take_turn(f"objection|{subject}|{purpose}", shared=shared)


def objections_of(act: Act, *, subject: SubjectId) -> tuple[ObjectionRow, ...]:
    """Return all that a person objected to at the act's brand, newest first.

    A customer sees their own alone: for another's the answer is empty, as if there were none.
    """
    if act.role == "customer" and act.own != subject:
        return ()
    with opened():
        found = list(Objection.objects.filter(subject=subject, brand=act.brand).order_by("-at"))
    return tuple(ObjectionRow(PurposeId(row.purpose), row.at, row.ended_at) for row in found)
