"""Writing sealed rows, and the keys that they are sealed under.  Only the door calls this.

A deed takes a key once: its row is locked from then on, and what is written later in the same deed goes under
the key that it holds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import uuid4

from django.db import connection

from hostkeep.kernel.act import CHANNELS, Act
from hostkeep.kernel.ids import BrandId, SubjectId
from hostkeep.runtime.deeds import NewKey, Statement, leave, note, noted
from hostkeep.runtime.together import Question
from hostkeep.vault import cipher, keys
from hostkeep.vault.boxes import WRITABLE, Bunch, Key, KeyDestroyed, Row
from hostkeep.vault.wall import read, write

KEEP = """
INSERT INTO vault.vault_item (id, brand, subject, category, slot, keep_class, box, digest, channel,
                              collected_at, expires_at, fired_at, archived_at, why)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, NULL, %s, %s)
ON CONFLICT (subject, category, slot) DO UPDATE SET id = EXCLUDED.id, keep_class = EXCLUDED.keep_class,
  box = EXCLUDED.box, digest = EXCLUDED.digest, channel = EXCLUDED.channel,
  collected_at = EXCLUDED.collected_at, expires_at = EXCLUDED.expires_at, fired_at = NULL,
  archived_at = EXCLUDED.archived_at, why = EXCLUDED.why
WHERE vault_item.brand = EXCLUDED.brand
"""

KEY_TO_WRITE = """
SELECT id::text, subject::text, keep_class, epoch, wrapped, state FROM vault.vault_subjectkey
WHERE subject = %s::uuid AND keep_class = %s FOR SHARE
"""

KEYS_TO_WRITE = """
SELECT id::text, subject::text, keep_class, epoch, wrapped, state FROM vault.vault_subjectkey
WHERE subject = %s::uuid AND keep_class = ANY(%s::text[]) ORDER BY keep_class FOR SHARE
"""

NEW_KEY = """
INSERT INTO vault.vault_subjectkey (id, brand, subject, keep_class, epoch, state, wrapped)
VALUES (%s, %s, %s, %s, %s, 'live', %s) ON CONFLICT (subject, keep_class) DO NOTHING
"""


def keep(act: Act, row: Row) -> bool:
    """Seal a value and keep it over any older one of the same slot; say whether the slot was this brand's.

    Each writing takes a new row number, which the seal is bound to.  Raises KeyDestroyed.
    """
    key = data_key_to_write(row.subject, row.keep_class, act.brand)
    with connection.cursor() as cursor:
        cursor.execute(KEEP, _kept(act, row, key))
        return bool(cursor.rowcount == 1)


def keep_from_outside(act: Act, row: Row) -> bool | None:
    """Keep a value as `keep` does, from outside the wall and in a transaction; None where it has no key yet.

    One way to the server, and one more for a key that the deed has not written under before.  In a slot that
    is a NewKey nothing can lie; there it is written as the deed ends.
    """
    key = held_key(row.subject, row.keep_class)
    if key is not None and isinstance(row.slot, NewKey):
        leave(_kept_last, _kept(act, row, key))
        return True
    return None if key is None else write(KEEP, _kept(act, row, key)) == 1


def _kept_last(rows: Sequence[list[Any]]) -> Statement:
    """Say how values are kept in slots that nobody else can know."""
    keeping = "; ".join([KEEP] * len(rows))
    text = f"SET LOCAL ROLE hk_vault; {keeping}; SET LOCAL ROLE hk_app"
    return text, [value for row in rows for value in row]


def _kept(act: Act, row: Row, key: bytes) -> list[Any]:
    """Return the parameters of KEEP: a value sealed under a row number of its own."""
    if row.channel not in CHANNELS:
        raise ValueError(f"{row.channel} is no way in")
    fresh = str(uuid4())
    about = f"{fresh}|{row.subject}|{row.category}|{row.slot}|{row.keep_class}".encode()
    return [
        fresh, act.brand, row.subject, row.category, row.slot, row.keep_class,
        cipher.seal(row.value, key=key, about=about), row.digest, row.channel, row.since, row.expires_at,
        act.at if row.why else None, row.why,
    ]  # fmt: skip


def data_key_to_write(subject: SubjectId, keep_class: str, brand: BrandId) -> bytes:
    """Return the data key of a subject and class, made if there is none, and nobody erases it meanwhile.

    Inside the wall.  Raises KeyDestroyed where the key is erased or due to be.
    """
    known = _noted(subject, keep_class)
    if known is not None:
        return known
    key = _key_row(subject, keep_class)
    if key is None:
        make_keys((subject,), keep_class, brand)
        key = _key_row(subject, keep_class)
    return _to_write(key)


def held_key(subject: SubjectId, keep_class: str) -> bytes | None:
    """Return the data key of a subject and class as data_key_to_write, None where there is none yet.

    Outside the wall: one way to the server, none where the running deed holds the key already.
    Raises KeyDestroyed where the key is erased or due to be.
    """
    known = _noted(subject, keep_class)
    if known is not None:
        return known
    rows = read(KEY_TO_WRITE, [subject, keep_class])
    return _to_write(Key(*rows[0])) if rows else None


def keys_to_hold(subject: SubjectId, classes: Collection[str]) -> Question[None]:
    """Return the question by which a deed takes several keys of a subject at once, as data_key_to_write each.

    One that is not there, or that nothing is written under, is not taken: whoever wants it asks for it.
    """

    def hold(row: Sequence[Any]) -> None:
        key = Key(*row)
        if key.state in WRITABLE and not key.is_gone:
            _to_write(key)

    return Question(
        KEYS_TO_WRITE, [subject, sorted(set(classes))], hold, locks=True,
        before=("SET LOCAL ROLE hk_vault",), after=("SET LOCAL ROLE hk_app",),
    )  # fmt: skip


def held(subject: SubjectId, keep_class: str) -> tuple[str, bytes] | None:
    """Return state and data key that the running deed took before, if it did.

    The row is locked since: nobody else erases the key before the deed is over.  Who changes the states of
    keys in a deed of their own forgets what it noted.
    """
    found: tuple[str, bytes] | None = noted((Key, str(subject), keep_class))
    return found


def _noted(subject: SubjectId, keep_class: str) -> bytes | None:
    """Return the data key that the running deed took before, if it did."""
    known = held(subject, keep_class)
    return None if known is None else known[1]


def _to_write(key: Key | None) -> bytes:
    """Return the data key of a row that new values may be sealed under.  Raises KeyDestroyed."""
    found = Bunch().data_key(key) if key is not None and key.state in WRITABLE else None
    if key is None or found is None:
        raise KeyDestroyed
    note((Key, key.subject, key.keep_class), (key.state, found))
    return found


def _key_row(subject: SubjectId, keep_class: str) -> Key | None:
    """Return a key's row, held so that nobody destroys or wraps it anew before the deed is over."""
    with connection.cursor() as cursor:
        cursor.execute(KEY_TO_WRITE, [subject, keep_class])
        row = cursor.fetchone()
    return None if row is None else Key(*row)


def make_keys(subjects: Collection[SubjectId], keep_class: str, brand: BrandId) -> None:
    """Make the keys of people and one class, unless others were quicker.  Inside the wall."""
    epoch = keys.current_epoch()
    rows: list[Sequence[Any]] = []
    for subject in sorted(subjects):
        fresh = Key(str(uuid4()), str(subject), keep_class, epoch, None, "live")
        wrapped = keys.wrap(keys.new_data_key(), epoch=epoch, about=fresh.about)
        rows.append([fresh.id, brand, subject, keep_class, epoch, wrapped])
    with connection.cursor() as cursor:
        cursor.executemany(NEW_KEY, rows)
