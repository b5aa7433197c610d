"""One kind of fact that came of ordering, paying and using: where it stands and who gathers it.

Gathered rows hold values as the rooms hand them out; the copy makes them plain, a page puts them into words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, TypeVar

from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, CategoryId
from hostkeep.vault.column_door import Closed, open_columns
from hostkeep.vault.due_classes import due_classes

T = TypeVar("T")

MOST = 100_000
"""More rows of one kind than any account has."""

HANDLES = frozenset({"subject", "account", "brand", "boxes", "box", "wish", "once"})
"""Handles that repeat on each row, and the sealed form of what the row tells."""

Gather = Callable[[Act, AccountId, int], Iterator[Mapping[str, Any]]]
"""From an act in the owner's own role for "rights", their account, and how many of the newest rows."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact.

    name      of its part in the copy, and of its page
    category  of the policy that it falls under
    tables    where it stands; the first is the one whose rows are counted
    gather    who gathers it, newest first; raises the vault's Refused
    """

    name: str
    category: CategoryId
    tables: tuple[str, ...]
    gather: Gather


def facts_of(value: Any, *, without: frozenset[str] = frozenset()) -> Mapping[str, Any]:
    """Return a frozen row by its fields, handles left out.  without: more fields that are no fact."""
    return {name: getattr(value, name) for name in _names(value.__class__, without)}


def told(act: Act, rows: Sequence[Closed[T]]) -> Iterator[T]:
    """Open rows in one batch, in their order.  Raises the vault's Refused.

    A row whose key is gone stands without what was chosen: its dates and sums are all that is left of it.
    So does one whose category the policy lets its owner use, and not read back, and one that is due.
    """
    if rows and not _may_read(act, rows[0]):
        yield from (row.without("") for row in rows)
        return
    opened = open_columns(act, wishes=[row.wish for row in rows]) if rows else []
    for row, sealed in zip(rows, opened, strict=True):
        yield row.without("") if sealed is None else sealed.open()


def _may_read(act: Act, row: Closed[Any]) -> bool:
    """Say whether the policy lets its owner read rows like this one; another's are for the door to refuse."""
    wish = row.wish
    policy = policy_for(wish.brand, wish.subject, act.at)
    if act.own != wish.subject:
        return True
    due = due_classes(wish.subject, act.at).due
    is_due = wish.category in policy.categories and policy.categories[wish.category].keep_class in due
    return not is_due and (wish.category, act.purpose, act.role) in policy.table


@lru_cache(maxsize=256)
def _names(kind: type[Any], without: frozenset[str]) -> tuple[str, ...]:
    """Return the names of a row's fields: looked up once for all rows of a kind."""
    return tuple(each.name for each in fields(kind) if each.name not in HANDLES | without)
