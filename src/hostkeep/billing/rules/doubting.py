"""Whether a transfer of a bank file may be money that is booked already, under an id that the file lacks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

DoubtState = Literal["waiting", "same", "second"]

DOUBT_STATES: tuple[DoubtState, ...] = ("waiting", "same", "second")
"""It waits for a person; they said that it is the one that is booked; it is booked as one of its own."""


def may_be_one(
    known: Collection[str], told: Collection[str], *, reference: str, references: Collection[str]
) -> bool:
    """Say whether two transfers of one day and amount, which have no id in common, may be the same money.

    known       kinds of ids that we have of the one that is booked; none: it is from before they were kept
    told        kinds of ids that the file tells of the other; none: no file told of it
    reference   what the payer of the booked one wrote, as far as it could be ours; references: of the other

    A bank gives each movement one id of a kind, so with two of one kind they are two.  They are two as well
    where their payers wrote different references of ours.  Else nobody can tell: the amount, the day and
    even one reference are the same when somebody pays twice.
    """
    if not known or not told or set(known) & set(told):
        return False
    return not (reference and references and reference not in references)
