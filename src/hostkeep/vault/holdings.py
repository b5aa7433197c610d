"""What is kept of a person, without its values: nothing is opened here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hostkeep.audit.enter import enter_apart
from hostkeep.brands.applying import policy_for
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, Ref, SubjectId
from hostkeep.vault.door import Refused
from hostkeep.vault.models import Item
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


def held(act: Act, *, subject: SubjectId) -> tuple[HeldRow, ...]:
    """Return what the vault keeps of a person, oldest first.  No value is opened, so nothing is entered.

    A customer may ask for their own alone.  Raises Refused.
    """
    if act.role == "customer" and act.own != subject:
        _enter_refusal(act, subject)
        raise Refused(why="not_own")
    with opened():
        found = list(Item.objects.filter(subject=subject, brand=act.brand).order_by("collected_at", "id"))
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
        )
        for row in found
    )


def _enter_refusal(act: Act, subject: SubjectId) -> None:
    """Enter apart that somebody asked for another person's list, so that it outlives the rollback."""
    digest = policy_for(act.brand, subject, act.at).digest
    person = Ref("person", subject)
    enter_apart(act, "vault.holdings.refused", person, category="", clause="", digest=digest)
