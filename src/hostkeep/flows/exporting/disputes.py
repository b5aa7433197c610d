"""What the owner of a closed account brought forward, in their own words: for their page and their copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hostkeep.brands.applying import policy_for
from hostkeep.flows.exporting.plain import as_plain
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId
from hostkeep.kernel.sealed import Sealed
from hostkeep.people import closings
from hostkeep.people.errors import NoSuchAccount
from hostkeep.people.queries import account as account_row
from hostkeep.people.rules.closing import kept_as
from hostkeep.vault import door


@dataclass(frozen=True, slots=True)
class Brought:
    """One thing that was brought forward.

    how    "client_area" or "link"
    until  when it is erased
    words  None where they are gone already
    """

    made_at: datetime
    how: str
    until: datetime
    words: Sealed[str] | None


def brought_by(act: Act, *, account: AccountId) -> tuple[Brought, ...]:
    """Open what the owner of an account brought forward, newest first; each is read at the door, and entered.

    act  of the owner, in role "customer" for purpose "rights"
    Each stands under a handle of its own, as somebody who writes in a dispute may have nothing else left.
    Raises NoSuchAccount (also for another's, and for any other role), the door's Refused.
    """
    row = account_row(account)
    if act.role != "customer" or (act.brand, act.own) != (row.brand, row.subject):
        raise NoSuchAccount
    return tuple(_opened(act, each) for each in closings.disputes_of(account))


def disputes(act: Act, account: AccountId) -> Iterator[Mapping[str, Any]]:
    """Gather what was brought forward, as rows for the copy."""
    for each in brought_by(act, account=account):
        yield {"made_at": each.made_at, "how": each.how, "until": each.until, "words": as_plain(each.words)}


def _opened(act: Act, row: closings.DisputeRow) -> Brought:
    """Open the words of one."""
    category = kept_as(policy_for(row.brand, row.subject, act.at))
    if category is None:
        return Brought(row.made_at, row.how, row.until, None)
    own = replace(act, own=row.subject)
    words = door.reveal(own, subject=row.subject, category=category, slot=str(row.id))
    return Brought(row.made_at, row.how, row.until, words)
