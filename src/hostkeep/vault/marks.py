"""The blind index: a keyed hash of a value, by which a person is found who is asked for exactly.

A mark is as personal as its value: it lies behind the wall, moves with the value and goes with its key.
What has few values (a country, a first name) gets none: counting marks would tell them.
Every call stands inside the wall.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from uuid import UUID

import phonenumbers
from django.db import connection

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
from hostkeep.vault import boxes, keys
from hostkeep.vault.wall import stepped_out

EMAIL, PHONE, NUMBER = CategoryId("email"), CategoryId("phone"), CategoryId("customer_number")
MARKED = frozenset({EMAIL, PHONE, NUMBER})
"""Categories that a person can be found by."""

BYTES = 16

NOTE = """
WITH older AS (
  DELETE FROM vault.vault_mark WHERE subject = %s AND category = %s AND slot = %s AND epoch <> %s)
INSERT INTO vault.vault_mark (brand, category, mark, epoch, subject, slot, keep_class)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (subject, category, slot, epoch) DO UPDATE
SET brand = EXCLUDED.brand, mark = EXCLUDED.mark, keep_class = EXCLUDED.keep_class
"""

NOTE_ANEW = """
INSERT INTO vault.vault_mark (brand, category, mark, epoch, subject, slot, keep_class)
VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (subject, category, slot, epoch) DO NOTHING
"""

FORGET = """
DELETE FROM vault.vault_mark
WHERE subject = %s AND category = ANY(%s) AND (%s::text IS NULL OR slot = %s)
"""

FIND = """
SELECT subject, slot FROM vault.vault_mark
WHERE mark = ANY(%s) AND brand = %s AND category = %s ORDER BY id
"""

OLD = """
SELECT id, brand, category, subject, slot, keep_class FROM vault.vault_mark
WHERE epoch = %s ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
"""

Marked = tuple[int, str, str, UUID, str, str]
"""A mark's id, brand, category, person, slot and class."""

_numbers: list[Callable[[Collection[SubjectId]], Mapping[SubjectId, str]]] = []


def numbers_by(numbers: Callable[[Collection[SubjectId]], Mapping[SubjectId, str]]) -> None:
    """Say who knows customers' numbers, which stand beside the account.  Called once at start, by people.

    numbers  returns the number of each person that has one
    """
    _numbers[:] = [numbers]


def note(
    act: Act, *, subject: SubjectId, category: CategoryId, slot: str, keep_class: str, value: str
) -> None:
    """Mark a value, in place of the slot's older mark.  A category that nobody is found by gets none."""
    if category not in MARKED:
        return
    epoch = keys.current_epoch()
    mark = _mark(epoch, act.brand, category, normal(category, value))
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [
            subject, category, slot, epoch, act.brand, category, mark, epoch, subject, slot, keep_class,
        ])  # fmt: skip


def forget(*, subject: SubjectId, categories: Collection[CategoryId], slot: str | None) -> None:
    """Delete the marks of some values.  slot  None: of every slot."""
    wanted = MARKED & set(categories)
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [subject, list(wanted), slot, slot])


def find(brand: BrandId, category: CategoryId, value: str) -> tuple[tuple[SubjectId, str], ...]:
    """Return who has exactly this value and in which slot, first come first.

    While keys are rolled, marks under the new key and under the old one are looked for.
    """
    text = normal(category, value)
    marks = [_mark(epoch, brand, category, text) for epoch in keys.epochs()]
    with connection.cursor() as cursor:
        cursor.execute(FIND, [marks, brand, category])
        return tuple((SubjectId(subject), slot) for subject, slot in cursor.fetchall())


def remark(old_epoch: int, new_epoch: int, most: int) -> int:
    """Mark values anew whose mark was made under an old epoch's key; return how many rows were done.

    most  rows at once
    A mark whose value is gone goes too.  One query for the rows, one for their values.
    """
    with connection.cursor() as cursor:
        cursor.execute(OLD, [old_epoch, most])
        rows: list[Marked] = cursor.fetchall()
        values = _values(rows)
        cursor.execute("DELETE FROM vault.vault_mark WHERE id = ANY(%s)", [[row[0] for row in rows]])
        cursor.executemany(NOTE_ANEW, [
            [brand, what, _mark(new_epoch, brand, what, normal(what, value)), new_epoch, subject, slot, keep]
            for _, brand, what, subject, slot, keep in rows
            if (value := values.get((subject, what, slot))) is not None
        ])  # fmt: skip
    return len(rows)


def _values(rows: Iterable[Marked]) -> Mapping[tuple[UUID, str, str], str]:
    """Return the values behind some marks, opened for nobody's eyes but the hash's."""
    by_brand: dict[BrandId, list[tuple[SubjectId, CategoryId, str]]] = {}
    for _, brand, category, subject, slot, _ in rows:
        place = (SubjectId(subject), CategoryId(category), slot)
        by_brand.setdefault(BrandId(brand), []).append(place)
    found: dict[tuple[UUID, str, str], str] = {}
    for brand_id, wanted in by_brand.items():
        bunch = boxes.Bunch()
        for at, box in boxes.look(wanted, brand=brand_id).items():
            value = bunch.open(box)
            if value is not None:
                found[at] = value
        numbered = [subject for subject, category, _ in wanted if category == NUMBER]
        with stepped_out():  # numbers are another room's: it reads as itself, not as the wall
            numbers = _numbers[0](numbered) if _numbers and numbered else {}
        for subject, number in numbers.items():
            found[subject, NUMBER, ""] = number
    return found


def normal(category: str, value: str) -> str:
    """Return a value as two people who mean the same would write it.

    NFKC, no spaces around, no capitals; a telephone number by E.164, a customer number in capitals.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if category == PHONE:
        return _dialled(text)
    return text.upper() if category == NUMBER else text.casefold()


def _dialled(text: str) -> str:
    """Return a telephone number by E.164, or its digits where it names no country."""
    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return "".join(letter for letter in text if letter.isdigit())
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _mark(epoch: int, brand: str, category: str, text: str) -> bytes:
    """Return a mark.  Source: RFC 2104; 16 bytes of HMAC-SHA-256."""
    key = keys.key_of(epoch, "mark")
    return hmac.new(key, f"{brand}|{category}|{text}".encode(), hashlib.sha256).digest()[:BYTES]
