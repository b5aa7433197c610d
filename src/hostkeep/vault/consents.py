"""Consents as they stand: whether there is one, and all that was ever said.  What is said: consenting.py.

A consent stands for one brand, person, purpose and recipient; the newest word counts.  It reaches what the
version asked that the person was shown, and no more: what a later version adds must be asked again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from hostkeep.brands.queries import policy_by_digest
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, ClauseId, PurposeId, SubjectId
from hostkeep.policy.consent import covers
from hostkeep.policy.receipts import Event
from hostkeep.runtime.transactions import take_turn
from hostkeep.vault.models import Consent
from hostkeep.vault.wall import opened, read

NOTHING = CategoryId("")

WORD = (
    "id", "record", "brand", "subject", "purpose", "recipient", "state", "version", "digest", "clause",
    "language", "how", "at", "until",
)  # fmt: skip
"""The columns of a word, in the order in which SAID reads them."""

SAID = """
SELECT id, record, brand, subject, purpose, recipient, state, version, digest, clause,
       language, how, at, until
FROM vault.vault_consent WHERE subject = %s AND brand = %s ORDER BY record, id
"""
"""All the words of a person, a consent's own together, the oldest first."""


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One consent, from the first word to the last.

    record     its number
    recipient  id of a recipient of the policy, or empty
    clause     what asked for it
    state      as it stands at the time asked; a yes whose term is over has expired
    until      when a yes ends by itself, or None
    words      oldest first, never empty
    """

    record: UUID
    brand: BrandId
    subject: SubjectId
    purpose: PurposeId
    recipient: str
    clause: ClauseId
    state: str
    until: datetime | None
    words: tuple[Event, ...]

    @property
    def shown(self) -> Event:
        """The first word: it carries the version and the language the person was shown."""
        return self.words[0]


def standing(
    *,
    brand: BrandId,
    subject: SubjectId,
    purpose: PurposeId,
    at: datetime,
    recipient: str = "",
    category: CategoryId = NOTHING,
) -> bool:
    """Say whether a person's yes stands at a time.  One query, through the wall.

    category  if given, the version that was shown must have asked for it too
    """
    with opened():
        found = newest(brand, subject, purpose, recipient)
    if found is None or found.state != "given" or (found.until is not None and found.until <= at):
        return False
    return not category or covers(policy_by_digest(found.digest), purpose, category, recipient)


def consents_of(act: Act, *, subject: SubjectId) -> tuple[ConsentRow, ...]:
    """Return all consents of a person at the act's brand, the newest first.

    A customer sees their own alone: for another's the answer is empty, as if there were none.
    One way to the server; never inside the wall, which it opens itself.
    """
    if act.role == "customer" and act.own != subject:
        return ()
    words = [Consent.from_db(None, WORD, row) for row in read(SAID, [subject, act.brand])]
    rows = [_row(list(said), act.at) for _, said in groupby(words, key=lambda word: word.record)]
    return tuple(sorted(rows, key=lambda row: (row.shown.at, row.record), reverse=True))


def standing_now(rows: Iterable[ConsentRow]) -> frozenset[tuple[str, str]]:
    """Return (purpose, recipient) of the consents that stand, of rows read before."""
    return frozenset((row.purpose, row.recipient) for row in rows if row.state == "given")


def hold(
    brand: BrandId, subject: SubjectId, purpose: PurposeId, recipient: str, *, shared: bool = False
) -> None:
    """Let nobody else speak on this matter until the transaction ends.

    shared  with others who act on the word that stands: only who says a new one has to wait
    """
    take_turn(f"consent|{brand}|{subject}|{purpose}|{recipient}", shared=shared)


def newest(brand: BrandId, subject: SubjectId, purpose: PurposeId, recipient: str) -> Consent | None:
    """Return the newest word.  Inside the wall only."""
    said = Consent.objects.filter(subject=subject, brand=brand, purpose=purpose, recipient=recipient)
    return said.order_by("-id").first()


def _row(words: list[Consent], at: datetime) -> ConsentRow:
    """Freeze one consent."""
    first, last = words[0], words[-1]
    over = last.state == "given" and last.until is not None and last.until <= at
    return ConsentRow(
        record=first.record,
        brand=BrandId(first.brand),
        subject=SubjectId(first.subject),
        purpose=PurposeId(first.purpose),
        recipient=first.recipient,
        clause=ClauseId(first.clause),
        state="expired" if over else last.state,
        until=first.until,
        words=tuple(Event(w.state, w.at, w.version, w.digest, w.language, w.how) for w in words),
    )
