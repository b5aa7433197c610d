"""What is kept of a person, without its values: nothing is opened here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.audit.enter import enter_apart
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, Ref, SubjectId
from hostkeep.policy.book import Policy
from hostkeep.vault.asking import left_by_state
from hostkeep.vault.door import Refused
from hostkeep.vault.due_classes import GONE, due_classes
from hostkeep.vault.models import Item, SubjectKey
from hostkeep.vault.wall import opened


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One sealed value, unopened.

    slot    handle of the thing it belongs to, or empty
    since   when it was collected, or last changed
    digest  SHA-256 of the policy it was collected under
    channel "web", "mail", "call", "staff", "api", "offline" or "system"
    expires_at   when it must be gone, or None while an event to come decides
    archived_at  when it went into the archive, or None; why: "changed" or "closed", or empty
    state   of the key that seals it, as in models.SubjectKey
    """

    category: CategoryId
    slot: str
    keep_class: str
    since: datetime
    digest: str
    channel: str
    expires_at: datetime | None = None
    archived_at: datetime | None = None
    why: str = ""
    state: str = "live"


def serves(policy: Policy, act: Act, value: HeldRow) -> bool:
    """Say whether the state of a value's key leaves it open for an act's purpose; the table is not asked.

    policy  the version that applies to the person
    """
    closed = left_by_state(
        policy, keep_class=value.keep_class, category=value.category, state=value.state, act=act
    )
    return closed is None


def held(act: Act, *, subject: SubjectId) -> tuple[HeldRow, ...]:
    """Return what the vault keeps of a person, oldest first.  No value is opened, so nothing is entered.

    A customer may ask for their own alone, and is not shown what is due (vault.due_classes).  Raises Refused.
    """
    if act.role == "customer" and act.own != subject:
        _enter_refusal(act, subject)
        raise Refused(why="not_own")
    with opened():
        rows = Item.objects.filter(subject=subject, brand=act.brand)
        found = list(rows.order_by("collected_at", "id"))
        keys = SubjectKey.objects.filter(subject=subject).values_list("keep_class", "state", "ends_at")
        states = {name: (state, ends) for name, state, ends in keys} if found else {}
    over = any(state in GONE or (ends and ends <= act.at) for state, ends in states.values())
    over = over or any(row.expires_at and row.expires_at <= act.at for row in found)
    if over and act.role == "customer":
        due = due_classes(subject, act.at)
        found = [row for row in found if not due.hides(row.keep_class, row.expires_at)]
    return tuple(
        HeldRow(
            category=CategoryId(row.category),
            slot=row.slot,
            keep_class=row.keep_class,
            since=row.collected_at,
            digest=row.digest,
            channel=row.channel,
            expires_at=row.expires_at,
            archived_at=row.archived_at,
            why=row.why,
            state=states.get(row.keep_class, ("", None))[0],
        )
        for row in found
    )


def _enter_refusal(act: Act, subject: SubjectId) -> None:
    """Enter apart that somebody asked for another person's list, so that it outlives the rollback."""
    digest = policy_for(act.brand, subject, act.at).digest
    person = Ref("person", subject)
    enter_apart(act, "vault.holdings.refused", person, category="", clause="", digest=digest)
