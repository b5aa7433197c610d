"""Reading sealed rows.  Only the door calls this; inside the wall, where nothing else is said.

Writing them: keeping.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
from hostkeep.kernel.words import gettext_noop
from hostkeep.vault import cipher
from hostkeep.vault.asking import GONE
from hostkeep.vault.models import Item
from hostkeep.vault.wall import read, read_each

WRITABLE = frozenset({"live", "deactivated"})
"""States of a key that new values may still be sealed under; what is due to be erased grows no more."""


class KeyDestroyed(Foreseen):
    """The subject's key of this class is gone for good, or due to be."""

    code = "vault.key.destroyed"
    title = gettext_noop("This person's data was erased; nothing can be added to it.")
    status = 410


class Key(NamedTuple):
    """A wrapped data key.  id: UUID as text, as are all in here: they are what seals are bound to."""

    id: str
    subject: str
    keep_class: str
    epoch: int
    wrapped: bytes | None
    state: str

    @property
    def is_gone(self) -> bool:
        """Whether it opens nothing any more, and for nobody."""
        return self.wrapped is None or self.state in GONE

    @property
    def about(self) -> bytes:
        """What the wrapped key is bound to: its row."""
        return f"{self.id}|{self.subject}|{self.keep_class}|{self.epoch}".encode()


class Box(NamedTuple):
    """One sealed row, unopened.  digest: of the version it was given under."""

    id: str
    category: str
    slot: str
    box: bytes
    digest: str
    key: Key

    @property
    def about(self) -> bytes:
        """Bind a box to its row, person, category, slot and class, so that it opens nowhere else."""
        key = self.key
        return f"{self.id}|{key.subject}|{self.category}|{self.slot}|{key.keep_class}".encode()


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in the vault for some wishes, all of it sealed.

    boxes  by the text of the person's handle, category and slot
    keys   by the text of the person's handle and class
    """

    boxes: Mapping[tuple[str, str, str], Box]
    keys: Mapping[tuple[str, str], Key]


@dataclass(frozen=True, slots=True)
class Former:
    """A value that stands until this deed.  channel, since: as in Row."""

    box: Box
    channel: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A value to be kept.

    digest      of the version it is given under
    channel     how it came in, one of kernel.act.CHANNELS
    since       when it was collected
    expires_at  when it must be gone, where that is known now
    why         empty, or why it goes into the archive
    """

    subject: SubjectId
    category: CategoryId
    slot: str
    keep_class: str
    value: str
    digest: str
    channel: str
    since: datetime
    expires_at: datetime | None = None
    why: str = ""


Place = tuple[SubjectId, CategoryId, str]
"""Where a value lies: person, category and slot."""

ITEMS = """
SELECT subject::text, keep_class, id::text, category, slot, box, digest FROM vault.vault_item
WHERE subject = ANY(%s::uuid[]) AND category = ANY(%s) AND slot = ANY(%s) AND brand = %s
"""

KEYS_OF = """
SELECT id::text, subject::text, keep_class, epoch, wrapped, state FROM vault.vault_subjectkey
WHERE subject = ANY(%s::uuid[])
"""

LOOK = (ITEMS, KEYS_OF)
"""Two queries in one text: joined, the server writes and we read each key once more for every value.

The keys come last, so that a state is never older than the value it closes.
"""

STANDING = """
SELECT k.id::text, k.keep_class, k.epoch, k.wrapped, k.state,
       i.id::text, i.category, i.slot, i.box, i.digest, i.channel, i.collected_at
FROM vault.vault_item i
JOIN vault.vault_subjectkey k ON k.subject = i.subject AND k.keep_class = i.keep_class
WHERE i.subject = %s AND i.brand = %s AND i.category = ANY(%s) AND i.why = ''
  AND (%s::text IS NULL OR i.slot = %s)
ORDER BY i.collected_at, i.id FOR UPDATE OF i
"""

GONE_KEYS = """
SELECT id::text FROM vault.vault_subjectkey WHERE id = ANY(%s::uuid[]) AND state = ANY(%s)
"""

KEYS = """
SELECT id::text, subject::text, keep_class, epoch, wrapped, state FROM vault.vault_subjectkey
WHERE subject = ANY(%s::uuid[]) AND keep_class = ANY(%s::text[])
"""


def look(wanted: Collection[Place], *, brand: BrandId) -> dict[Place, Box]:
    """Return what lies in some places, sealed.  One query; nothing is opened.

    brand  another brand's values are not there
    """
    by_text = {(str(place[0]), *place[1:]): place for place in wanted}
    people, categories, slots = ({each[n] for each in by_text} for n in range(3))
    with connection.cursor() as cursor:
        cursor.execute("; ".join(LOOK), _looked_for(people, categories, slots, brand))
        items = cursor.fetchall()
        cursor.nextset()
        found = _found(items, cursor.fetchall()).boxes
    return {place: found[text] for text, place in by_text.items() if text in found}


def look_from_outside(
    handles: Collection[str], *, categories: Collection[str], slots: Collection[str], brand: BrandId
) -> Found:
    """Look for every one of some people, categories and slots from outside the wall: one way to the server.

    handles  of the people, as text
    """
    return _found(*read_each(LOOK, _looked_for(handles, categories, slots, brand)))


def _looked_for(
    handles: Collection[str], categories: Collection[str], slots: Collection[str], brand: BrandId
) -> list[Any]:
    """Return the parameters of LOOK."""
    people = _array(handles)
    return [people, list(categories), list(slots), brand, people]


def _array(handles: Iterable[str]) -> str:
    """Return handles as the server reads an array: made by the driver, many take longer than the query."""
    return "{" + ",".join(handles) + "}"


def _found(items: Iterable[tuple[Any, ...]], keys: Iterable[tuple[Any, ...]]) -> Found:
    """Return the rows of LOOK by handles as texts: making handles of them costs more than reading them."""
    known = {(key.subject, key.keep_class): key for key in map(Key._make, keys)}
    boxes: dict[tuple[str, str, str], Box] = {}
    for handle, keep_class, number, category, slot, box, digest in items:
        key = known.get((handle, keep_class))
        if key is not None:
            boxes[handle, category, slot] = Box(number, category, slot, box, digest, key)
    return Found(boxes, known)


def gone(ids: Collection[str]) -> frozenset[str]:
    """Return which of some keys are erased or being erased.  From outside the wall: one way to the server."""
    return frozenset(row[0] for row in read(GONE_KEYS, [_array(ids), list(GONE)]))


def open_many(asks: Iterable[Place], *, brand: BrandId) -> dict[Place, str]:
    """Open values under live keys, by (subject, category, slot); what is not there is left out.

    brand  another brand's values are not there
    One query.  For the gate, which decides and enters by itself.  Raises BrokenSeal.
    """
    bunch = Bunch()
    live = {at: box for at, box in look(set(asks), brand=brand).items() if box.key.state == "live"}
    return {at: value for at, box in live.items() if (value := bunch.open(box)) is not None}


def digests(subjects: Iterable[SubjectId], *, brand: BrandId) -> dict[tuple[SubjectId, CategoryId, str], str]:
    """Return under which version of the policy each value of some people was given; nothing is opened."""
    found = Item.objects.filter(brand=brand, subject__in=set(subjects))
    rows = found.values_list("subject", "category", "slot", "digest")
    return {(SubjectId(who), CategoryId(what), slot): digest for who, what, slot, digest in rows}


def former(
    act: Act, *, subject: SubjectId, categories: Collection[CategoryId], slot: str | None
) -> list[Former]:
    """Return the values of some categories that stand now, their rows locked, oldest first.

    slot  None: of every slot
    What is in the archive already is left out.
    """
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [subject, act.brand, list(categories), slot, slot])
        rows = cursor.fetchall()
    found = []
    for key_id, keep_class, epoch, wrapped, state, row, category, at, box, digest, channel, since in rows:
        key = Key(key_id, str(subject), keep_class, epoch, wrapped, state)
        found.append(Former(Box(row, category, at, box, digest, key), channel, since))
    return found


class Bunch:
    """Opens boxes, each data key unwrapped once where its boxes stand near each other.  For one deed."""

    AT_HAND = 64
    """Data keys that are kept set up: the memory of thousands costs more than unwrapping them anew."""

    def __init__(self) -> None:
        self._opener = cipher.Opener()
        self._openers: dict[str, cipher.DataKey] = {}

    def open(self, box: Box) -> str | None:
        """Return what is in a box, None where its key is gone or going.  Raises BrokenSeal."""
        key = box.key
        if key.wrapped is None or key.state in GONE:  # is_gone, for many at once
            return None
        known = self._openers.get(key.id)
        if known is None:
            if len(self._openers) >= self.AT_HAND:
                self._openers.clear()
            data_key = self._opener.data_key(epoch=key.epoch, wrapped=key.wrapped, about=key.about)
            known = self._openers[key.id] = cipher.DataKey(data_key)
        return cipher.opened(box.box, known, box.about)

    def data_key(self, key: Key) -> bytes | None:
        """Return a data key, None where it is gone or going.  Raises BrokenSeal."""
        if key.is_gone or key.wrapped is None:
            return None
        return self._opener.data_key(epoch=key.epoch, wrapped=key.wrapped, about=key.about)


def remove(act: Act, *, subject: SubjectId, category: CategoryId, slot: str) -> tuple[UUID, ...]:
    """Delete one value's row; return the handles of what there was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM vault.vault_item WHERE subject = %s AND brand = %s AND category = %s AND slot = %s"
            " RETURNING id",
            [subject, act.brand, category, slot],
        )
        return tuple(row[0] for row in cursor.fetchall())


def data_keys(
    subjects: Collection[SubjectId], classes: Collection[str]
) -> Mapping[tuple[UUID, str], tuple[str, bytes | None]]:
    """Return state and data key of several people and classes, by both.

    The key is None where it is gone or going.  Outside the wall: one way to the server.  Raises BrokenSeal.
    """
    bunch = Bunch()
    rows = [Key(*row) for row in read(KEYS, [list(set(subjects)), list(set(classes))])]
    return {(UUID(key.subject), key.keep_class): (key.state, bunch.data_key(key)) for key in rows}
