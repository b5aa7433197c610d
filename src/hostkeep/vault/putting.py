"""Putting values in, and taking them out again.  Whether one may be kept, the policy's categories say."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from hostkeep.audit.enter import enter
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, ClauseId, Ref, SubjectId
from hostkeep.policy.book import Policy
from hostkeep.policy.decide import Decision
from hostkeep.runtime.outbox import publish
from hostkeep.vault import boxes, keeping, marks, old_values
from hostkeep.vault.asking import ARCHIVED, LooksSealed, NotDeclared, Wish, looks_sealed
from hostkeep.vault.boxes import KeyDestroyed
from hostkeep.vault.events import ValueDropped
from hostkeep.vault.refusing import PUT_REFUSED, closing, enter_refusal, forbidding, own_only, refuse
from hostkeep.vault.wall import opened


def put(
    act: Act, *, subject: SubjectId, category: CategoryId, value: str, slot: str = "", channel: str = ""
) -> None:
    """Keep a value over any older one of the same slot; the older one is archived where the policy says so.

    channel  how the value came in, one of kernel.act.CHANNELS; left out, as the deed did
    A customer writes into their own values alone.
    Raises NotDeclared (the policy has no such category, or forbids it), LooksSealed, KeyDestroyed, Refused.
    """
    policy = policy_for(act.brand, subject, act.at)
    wish = Wish(subject, category, slot)
    own_only(act, wish, policy)
    known = policy.categories.get(category)
    if known is None:
        clause = forbidding(policy, category)
        enter_refusal(act, wish, policy, clause, verb=PUT_REFUSED)
        raise NotDeclared(category=category, clause=clause)
    if looks_sealed(value) or slot.startswith(ARCHIVED):
        enter_refusal(act, wish, policy, ClauseId(""), verb=PUT_REFUSED)
        raise LooksSealed
    row = boxes.Row(
        subject=subject, category=category, slot=slot, keep_class=known.keep_class, value=value,
        digest=policy.digest, channel=channel or act.channel, since=act.at,
        expires_at=old_values.end_of(act, policy, known.keep_class),
    )  # fmt: skip
    try:
        written = _write(act, policy, row)
    except KeyDestroyed:
        enter_refusal(act, wish, policy, ClauseId(""), verb=PUT_REFUSED)
        raise
    if not written.kept:
        refuse(act, wish, policy, Decision(False, closing(policy), "other_brand"))
    if written.archived:
        old_values.enter_archived(act, policy, subject=subject, category=category)
    enter(act, "vault.value.put", Ref(f"person.{category}"[:64], subject), digest=policy.digest)


def drop(act: Act, *, subject: SubjectId, category: CategoryId, slot: str = "") -> None:
    """Delete one value; it is archived where the policy says so.  One that is not there is fine.

    Publishes ValueDropped: once it is committed, the erasure ledger learns of it, and a restored backup
    deletes it again.
    A customer deletes their own alone, and nobody here what the archive has.  Raises Refused.
    """
    policy = policy_for(act.brand, subject, act.at)
    wish = Wish(subject, category, slot)
    own_only(act, wish, policy)
    if slot.startswith(ARCHIVED):
        refuse(act, wish, policy, Decision(False, closing(policy), "archived"))
    with opened():
        archived = old_values.keep_changed(
            act, policy, subject=subject, category=category, slot=slot, now=None
        )
        gone = boxes.remove(act, subject=subject, category=category, slot=slot)
        marks.forget(subject=subject, categories=[category], slot=slot)
    if archived:
        old_values.enter_archived(act, policy, subject=subject, category=category)
    for item in gone:
        publish(act, ValueDropped(item))
    enter(act, "vault.value.dropped", Ref(f"person.{category}"[:64], subject))


@dataclass(frozen=True, slots=True)
class _Written:
    """What came of writing.

    kept      whether the slot was this brand's
    archived  whether it left an old value in the archive
    """

    kept: bool
    archived: bool


def _write(act: Act, policy: Policy, row: boxes.Row) -> _Written:
    """Write a value, what it leaves in the archive, and its mark, together."""
    if connection.in_atomic_block and not _has_company(policy, row.category):
        kept = keeping.keep_from_outside(act, row)
        if kept is not None:
            return _Written(kept, archived=False)
    with opened():
        archived = old_values.keep_changed(
            act, policy, subject=row.subject, category=row.category, slot=row.slot, now=row.value
        )
        kept = keeping.keep(act, row)
        if kept:
            marks.note(
                act, subject=row.subject, category=row.category, slot=row.slot, keep_class=row.keep_class,
                value=row.value,
            )  # fmt: skip
    return _Written(kept, archived)


def _has_company(policy: Policy, category: CategoryId) -> bool:
    """Say whether more is written than a value of a category: its mark, or what it replaces."""
    return category in marks.MARKED or bool(old_values.named(policy, [category]))
