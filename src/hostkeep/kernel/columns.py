"""What a column holds: the words in which each room says it, column by column.

A room's `models.PLAIN` names every column of its tables that can hold a text, a date, a network address,
JSON, bytes or a file; a column that is not named keeps the server from starting (`runtime.columns`).  Keys:

    "Order.note"           a field of a model of the room
    "*.*_at", "*.since"    dates and times of all its models; a pattern never covers a text
    "runtime_cache.value"  a column without a model; of a schema that is not the room's: "schema.table.column"
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

How = Literal["sealed", "hashed", "walled", "plain"]

ANY = "*"
"""The category of a column that holds values of every category, each row naming its own."""


@dataclass(frozen=True, slots=True)
class Personal:
    """A column with values of persons.

    category  id of the vocabulary, or ANY
    how       "sealed": ciphertext; "hashed": a digest that needs a key or has nothing to guess;
              "walled": in clear, but in schema vault, where only the door reads;
              "plain": in clear, an exception
    why       what seals it, or why it cannot be otherwise
    """

    category: str
    how: How
    why: str


@dataclass(frozen=True, slots=True)
class NotPersonal:
    """A column without values of persons.

    why    what it holds
    holds  shapes that the nightly scan may meet there for a good reason: names of `kernel.detectors`
    """

    why: str
    holds: frozenset[str] = field(default=frozenset())


Declared = Personal | NotPersonal
Columns = Mapping[str, Declared]


def personal(
    category: str, *, sealed: str = "", hashed: str = "", walled: str = "", plain: str = ""
) -> Personal:
    """Declare a column of personal values and, by one of the four words, how they are protected.

    Raises ValueError unless exactly one is said.
    """
    ways: tuple[tuple[How, str], ...] = (
        ("sealed", sealed), ("hashed", hashed), ("walled", walled), ("plain", plain),
    )  # fmt: skip
    said = [(how, why) for how, why in ways if why]
    if len(said) != 1 or not category:
        raise ValueError("say a category and one of sealed, hashed, walled and plain, and why")
    return Personal(category, *said[0])


def not_personal(why: str, *, holds: Collection[str] = ()) -> NotPersonal:
    """Declare a column that holds nothing of a person.  Raises ValueError where no reason is given."""
    if not why:
        raise ValueError("say what the column holds")
    return NotPersonal(why, frozenset(holds))


def is_pattern(key: str) -> bool:
    """Say whether a key names dates of many models at once."""
    return "*" in key


def is_raw(key: str) -> bool:
    """Say whether a key names a column without a model: tables begin with a small letter, models do not."""
    return key.split(".")[-2][:1].islower()
