"""Whose money a transfer without a reference may be: names that are the same, and invoices that come near."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TypeVar

from hostkeep.kernel.money import MILLION, Money

NEAR = 50_000
"""Millionths of what is owed by which a transfer may fall short and still be meant: banks keep some."""

SHORTEST = 2
"""Parts of a name, at least, for it to say who somebody is: "Nguyen" alone says nothing."""

_WORDS = re.compile(r"[^\W_]+")

TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "prof", "dhr", "mevr", "herr", "frau", "ong", "ba"})

T = TypeVar("T")


def same_name(one: str, other: str) -> bool:
    """Say whether two texts write the same name: whatever the order, case, accents, marks and titles.

    Nothing is guessed: a part that one has and the other lacks makes them two.
    """
    mine, theirs = _parts(one), _parts(other)
    return len(mine) >= SHORTEST and mine == theirs


def nearest(amount: Money, owed: Sequence[tuple[T, Money]]) -> tuple[T, ...]:
    """Return what a transfer may have been meant for, the likeliest first.

    amount  what came
    owed    each candidate with what is owed on it; those listed first win ties
    Exactly so much first; then what is a little more, the closest first: a bank kept something of it.
    """
    near = [
        (owes.minor - amount.minor, place, each)
        for place, (each, owes) in enumerate(owed)
        if owes.currency == amount.currency and _is_near(amount, owes)
    ]
    return tuple(each for _, _, each in sorted(near, key=lambda one: one[:2]))


def _is_near(amount: Money, owes: Money) -> bool:
    """Say whether an amount is what is owed, or falls short of it by no more than a bank keeps."""
    short = owes.minor - amount.minor
    return short >= 0 and short * MILLION <= owes.minor * NEAR


def _parts(name: str) -> tuple[str, ...]:
    """Return the words of a name in an order of their own, plain."""
    bare = unicodedata.normalize("NFKD", name.casefold().replace("đ", "d").replace("ß", "ss"))
    plain = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return tuple(sorted(word for word in _WORDS.findall(plain) if word not in TITLES))
