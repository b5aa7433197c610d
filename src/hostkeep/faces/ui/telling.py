"""Rows with sealed columns, opened for a page: one batch, one entry in the audit.

What was erased shows as a plain word; so does what the policy does not let the reader's role see, where a
page asks first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any, TypeVar

from django.utils.translation import gettext

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PurposeId
from hostkeep.kernel.sealed import Sealed
from hostkeep.vault.column_door import Closed, ColumnWish, decisions, open_columns

T = TypeVar("T")
U = TypeVar("U")


def told(act: Act, rows: Sequence[Closed[T]], *, reason: str = "") -> list[T]:
    """Open rows for act.purpose, in their order.  Raises the vault's Refused; then none is opened."""
    opened = open_columns(act, wishes=[row.wish for row in rows], reason=reason)
    return [_shown(row, sealed) for row, sealed in zip(rows, opened, strict=True)]


def told_one(act: Act, row: Closed[T]) -> T:
    """Open one row for act.purpose.  Raises the vault's Refused."""
    return told(act, [row])[0]


def told_together(
    act: Act,
    first: tuple[Sequence[Closed[T]], str],
    second: tuple[Sequence[Closed[U]], str],
) -> tuple[list[T], list[U]]:
    """Open two sorts of rows in one batch, each for a purpose of its own.

    first, second  rows and their purpose
    Raises the vault's Refused.
    """
    wishes: list[ColumnWish[Any]] = [row.wish.under(PurposeId(first[1])) for row in first[0]]
    wishes += [row.wish.under(PurposeId(second[1])) for row in second[0]]
    opened: list[Sealed[Any] | None] = open_columns(act, wishes=wishes)
    before, after = opened[: len(first[0])], opened[len(first[0]) :]
    return (
        [_shown(row, sealed) for row, sealed in zip(first[0], before, strict=True)],
        [_shown(row, sealed) for row, sealed in zip(second[0], after, strict=True)],
    )


def told_if_allowed(act: Act, rows: Sequence[Closed[T]]) -> list[T]:
    """Open what the policies let the reader's role see, of whatever brand; name the clause else."""
    answers = decisions(act, wishes=[row.wish for row in rows])
    allowed = [answer.allowed for answer in answers]
    opened = iter(told(act, list(compress(rows, allowed))))
    return [
        next(opened) if answer.allowed else row.without(_closed_by(answer.clause))
        for row, answer in zip(rows, answers, strict=True)
    ]


def _shown(row: Closed[T], sealed: Sealed[T] | None) -> T:
    """Return what a page shows of a row."""
    return row.without(gettext("erased")) if sealed is None else sealed.open()


def _closed_by(clause: str) -> str:
    """Say that a role may not see this."""
    if not clause:
        return gettext("sealed: not for your role")
    return gettext("sealed: not for your role (%(clause)s)") % {"clause": clause}
