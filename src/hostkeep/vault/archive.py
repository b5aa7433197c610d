"""The archive: old values that the policy names, kept apart under a key of their own.

A change puts the old value there by itself (the door does it), closing an account moves what stands.  What
lies there is read for the purposes that the archive's clause names, by roles that the table permits, with a
reason; each reading is entered.  A password, a cookie or any other secret never comes here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, ClauseId, SubjectId
from hostkeep.kernel.sealed import Sealed
from hostkeep.policy.book import Policy
from hostkeep.policy.decide import Decision
from hostkeep.vault import door, holds, old_values
from hostkeep.vault.asking import ARCHIVED, RIGHTS, Wish, says_something
from hostkeep.vault.models import Item
from hostkeep.vault.old_values import CHANGED, CLOSED, Old
from hostkeep.vault.refusing import own_only, refuse
from hostkeep.vault.wall import opened

__all__ = ["CHANGED", "CLOSED", "ArchivedRow", "archived", "keep", "move"]

REASONS = frozenset({CHANGED, CLOSED})


@dataclass(frozen=True, slots=True)
class ArchivedRow:
    """One old value.

    since        when it was collected
    archived_at  when it went into the archive; why: "changed" or "closed"
    expires_at   when it must be gone, or None while an event to come decides
    digest       of the version it was given under; channel: how it came in
    """

    category: CategoryId
    value: Sealed[str]
    since: datetime
    archived_at: datetime
    why: str
    expires_at: datetime | None
    digest: str
    channel: str


def keep(act: Act, *, subject: SubjectId, category: CategoryId, value: str, why: str = CHANGED) -> bool:
    """Archive an old value that lives outside the vault's rows, such as a login address.

    why  "changed" or "closed"
    Returns whether the policy that applies to the person archives this category; where it does not, nothing
    is kept.  In the deed's own transaction, entered without the value.  Raises Refused, KeyDestroyed.
    """
    _demand_reason_of_ours(why)
    policy = policy_for(act.brand, subject, act.at)
    own_only(act, Wish(subject, category), policy)
    old = Old(category, value, policy.digest, act.channel, act.at)
    with opened():
        kept = old_values.keep_old(act, policy, subject=subject, old=old, why=why)
    if kept:
        old_values.enter_archived(act, policy, subject=subject, category=category)
    return kept


def move(act: Act, *, subject: SubjectId, categories: Collection[CategoryId], why: str = CLOSED) -> int:
    """Move what stands of some categories into the archive, as far as the policy names them; return how many.

    The values and their marks are gone from their own classes afterwards; under a hold they stay there too.
    In the deed's own transaction, each entered.  Done again: finds nothing.  Raises Refused, KeyDestroyed.
    """
    _demand_reason_of_ours(why)
    policy = policy_for(act.brand, subject, act.at)
    for category in categories:
        own_only(act, Wish(subject, category), policy)
    held = holds.held_classes(subject)
    with opened():
        moved = old_values.move_all(
            act, policy, subject=subject, categories=categories, why=why, held=held
        )
    for category in moved:
        old_values.enter_archived(act, policy, subject=subject, category=category)
    return len(moved)


def archived(
    act: Act, *, subject: SubjectId, category: CategoryId, reason: str, case: UUID | None = None
) -> tuple[ArchivedRow, ...]:
    """Return what the archive has of a category of one person, oldest first.

    For the purposes that the archive's clause reads for, and the person's own rights; anybody else's reading
    needs a reason, whatever the table says.  Entered before anything is opened, also where nothing is there.
    Raises as door.reveal.
    """
    if not says_something(reason) and not (act.role == "customer" and act.purpose == RIGHTS):
        policy = policy_for(act.brand, subject, act.at)
        refuse(act, Wish(subject, category), policy, Decision(False, _clause(policy), "needs:reason"))
    with opened():
        rows = list(
            Item.objects.filter(subject=subject, brand=act.brand, category=category)
            .exclude(why="")
            .order_by("archived_at", "collected_at", "id")
        )
    wishes = [Wish(subject, category, row.slot) for row in rows] or [Wish(subject, category, ARCHIVED)]
    shown = door.reveal_many(act, wishes=wishes, reason=reason, case=case)
    return tuple(
        ArchivedRow(
            category=category,
            value=value,
            since=row.collected_at,
            archived_at=row.archived_at,
            why=row.why,
            expires_at=row.expires_at,
            digest=row.digest,
            channel=row.channel,
        )
        for row, wish in zip(rows, wishes, strict=False)
        if (value := shown[wish]) is not None and row.archived_at is not None
    )


def _clause(policy: Policy) -> ClauseId:
    """Return the archive's clause, or the one that closes use."""
    rule = policy.retention.get("archive")
    return rule.clause if rule is not None else policy.closed_by.get("use", ClauseId(""))


def _demand_reason_of_ours(why: str) -> None:
    """Take the words that an archived row may carry alone."""
    if why not in REASONS:
        raise ValueError(f"{why} is no reason for the archive")
