"""Who looked at a person's data: the book, read for the person it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.audit.reading import EntryRow, entries_about_person
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, ClauseId, PurposeId, SubjectId
from hostkeep.vault import nyms

MOST = 500
PEOPLE = frozenset({"user", "visitor"})
"""Who acts as a customer: signed in, or by a link of their own mailbox."""

NAMED = frozenset({"job", "key"})
"""Of whom the name is told."""


@dataclass(frozen=True, slots=True)
class LookRow:
    """One entry about a person's data.

    id     its number in the book
    verb   what was done, "vault.value.revealed", "vault.value.refused", ...
    who    "self", "key" (a program with a key of theirs), "staff", "job", "visitor" or "cli"
    role   of staff their role, never the name; of a job its name; of a key its prefix
    about  the categories; of a refusal of words that no policy has, none
    """

    id: int
    verb: str
    who: str
    role: str
    purpose: PurposeId
    about: tuple[CategoryId, ...]
    clause: ClauseId
    at: datetime


def looks_of(act: Act, *, subject: SubjectId, first: int = MOST) -> tuple[LookRow, ...]:
    """Return what the book says of a person's data, newest first.

    A customer sees their own alone: for another's the answer is empty, as if there were none.
    """
    if act.role == "customer" and act.own != subject:
        return ()
    nym = nyms.known(subject)
    found = entries_about_person(nym, first=first) if nym else ()
    return tuple(_row(entry) for entry in found if entry.brand == act.brand)


def _row(entry: EntryRow) -> LookRow:
    """Freeze an entry for its person; a category stands in the kind where the entry has no field for it."""
    kind, _, name = entry.actor.partition(":")
    about = entry.categories or tuple(filter(None, [entry.kind.partition(".")[2]]))
    return LookRow(
        id=entry.id,
        verb=entry.verb,
        who=_who(kind, entry.role),
        role=name if kind in NAMED else entry.role,
        purpose=PurposeId(entry.purpose),
        about=tuple(map(CategoryId, about)),
        clause=ClauseId(entry.clause),
        at=entry.at,
    )


def _who(kind: str, role: str) -> str:
    """Say who it was: a program that somebody set off shows nothing to them, and stays a program."""
    if (kind in PEOPLE and role == "customer") or (kind == "user" and role == "visitor"):
        return "self"
    return "job" if role == "system" else kind
