"""Looking through every name of a brand: opened one after another, compared, forgotten.

There is no index of names: whoever stole one could read names out of it.  Every call stands inside the wall;
nothing is decided or entered here, and no name comes back, only whose it is.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain, islice
from uuid import UUID

from django.db import connection

from hostkeep.kernel.ids import BrandId, CategoryId, SubjectId
from hostkeep.vault import cipher

NAME = CategoryId("name")

AT_ONCE = 5000
"""Names that are in memory at once."""

COUNT = "SELECT count(*) FROM vault.vault_item WHERE brand = %s AND category = %s AND slot = ''"

# The database writes what each seal is bound to: as text it costs a third of what it costs here.  One column
# a row, as cipher.Scan takes it: taking six apart costs us as much as opening a box.
EVERY = """
COPY (
  SELECT uuid_send(i.subject) || int4send(k.epoch) || int4send(length(k.wrapped)) || int4send(length(a.key))
    || int4send(length(a.item)) || k.wrapped || a.key || a.item || i.box
  FROM vault.vault_item i
  JOIN vault.vault_subjectkey k ON k.subject = i.subject AND k.keep_class = i.keep_class
  CROSS JOIN LATERAL (SELECT
    convert_to(k.id || '|' || k.subject || '|' || k.keep_class || '|' || k.epoch, 'UTF8') AS key,
    convert_to(i.id || '|' || i.subject || '|' || i.category || '|' || i.slot || '|' || i.keep_class, 'UTF8')
      AS item) a
  WHERE i.brand = %s AND i.category = %s AND i.slot = '' AND k.state IN ('live', 'deactivated')
) TO STDOUT (FORMAT BINARY)
"""

HEAD = 19
"""Bytes before the first row: signature, flags, and the length of an extension there is none of.

Source: PostgreSQL, COPY, binary format.  The server sends each row as a message of its own.
"""

OF_ROW = 6
"""Bytes before a row's one column: how many columns, and its length."""

SINGLE = {"đ": "d", "ð": "d", "ł": "l", "ø": "o", "ħ": "h", "\u0131": "i", "ŧ": "t", "þ": "th"}
"""Letters with a stroke, which Unicode does not take apart."""


def count(brand: BrandId) -> int:
    """Return how many names of a brand there are, whatever their keys are: no fewer than are read."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [brand, NAME])
        found: int = cursor.fetchone()[0]
    return found


def whose(brand: BrandId, words: Sequence[str], *, most: int) -> tuple[tuple[SubjectId, ...], int]:
    """Return the people in whose name each word stands, at most so many, and how many names did not open.

    words  folded, at least one
    """
    patterns = sorted((pattern(word) for word in words), key=lambda each: -len(each.pattern))
    found: list[SubjectId] = []
    scan = cipher.Scan()
    with connection.cursor() as cursor, cursor.copy(EVERY, [brand, NAME]) as copy:
        rows = _packed(copy)
        while batch := list(islice(rows, AT_ONCE)):
            if len(found) < most:
                found += _matching(batch, scan.open_all(batch), patterns)
    return tuple(found[:most]), scan.broken


def _packed(copy: Iterable[bytes]) -> Iterator[bytes]:
    """Give the rows of EVERY, without what COPY puts around them."""
    blocks = iter(copy)
    for block in chain((bytes(first)[HEAD:] for first in islice(blocks, 1)), blocks):
        if len(block) > OF_ROW:  # the last one says that it was the last
            yield bytes(block)[OF_ROW:]


def _matching(
    batch: Sequence[bytes], names: Sequence[str], patterns: Sequence[re.Pattern[str]]
) -> list[SubjectId]:
    """Return whose names match: the longest word is looked for in all as one text, then the others."""
    ends = list(accumulate(len(name) + 1 for name in names))
    hits = {bisect_right(ends, hit.start()) for hit in patterns[0].finditer("\n".join(names))}
    return [
        SubjectId(UUID(bytes=batch[hit][:16]))
        for hit in sorted(hits)
        if all(pattern.search(names[hit]) for pattern in patterns)
    ]


def folded(text: str) -> tuple[str, ...]:
    """Return the words of a text without capitals and without marks: "Nguyễn Đức" is "nguyen", "duc"."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = (SINGLE.get(letter, letter) for letter in plain if not unicodedata.combining(letter))
    return tuple("".join(letters).split())


@lru_cache(maxsize=64)
def pattern(word: str) -> re.Pattern[str]:
    """Return what finds a folded word in names as they were typed, with whatever marks and capitals.

    The names are not folded: folding 100,000 of them takes longer than opening them.
    """
    return re.compile("".join(_class(letter) + "[\u0300-\u036f]*" for letter in word))


def _class(letter: str) -> str:
    """Return the letters that fold to one, as a class."""
    return "[" + "".join(re.escape(each) for each in _letters().get(letter, (letter, letter.upper()))) + "]"


@lru_cache(maxsize=1)
def _letters() -> dict[str, tuple[str, ...]]:
    """Return every letter up to Latin Extended Additional by the single letter it folds to."""
    known: dict[str, list[str]] = {}
    for code in (*range(0x20, 0x250), *range(0x1E00, 0x1F00)):
        words = folded(chr(code))
        if words and len(words[0]) == 1:
            known.setdefault(words[0], []).append(chr(code))
    return {letter: tuple(same) for letter, same in known.items()}
