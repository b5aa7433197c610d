"""Old values: sealed anew under the archive's key, as rows of their own, where the policy names them.

Nothing is decided here and nobody sees a value.  What writes stands inside the wall and says what it did;
`enter_archived` enters that, outside.  Reading them: archive.py.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from hostkeep.audit.enter import enter
from hostkeep.brands.queries import brand as brand_row
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import CategoryId, Ref, SubjectId
from hostkeep.policy import schedule
from hostkeep.policy.book import Policy
from hostkeep.vault import boxes, keeping, marks
from hostkeep.vault.asking import ARCHIVE, ARCHIVED

CHANGED, CLOSED = "changed", "closed"
"""Why a value went into the archive."""

NEVER = frozenset({CategoryId("password"), CategoryId("cookies")})
"""What no archive takes, whatever a policy said; nor does it take any other secret."""


@dataclass(frozen=True, slots=True)
class Old:
    """An old value.  Fields as in boxes.Row."""

    category: CategoryId
    value: str
    digest: str
    channel: str
    since: datetime


def named(policy: Policy, categories: Collection[CategoryId]) -> frozenset[CategoryId]:
    """Return which categories' old values the policy archives."""
    archive = policy.duties.archive
    if archive is None:
        return frozenset()
    kept = archive.categories & set(categories) & policy.categories.keys()
    return frozenset(c for c in kept - NEVER if policy.categories[c].sensitivity != "secret")


def end_of(act: Act, policy: Policy, keep_class: str) -> datetime | None:
    """Return when a value of a class that comes in now must be gone; None where an event to come decides."""
    rule = policy.retention.get(keep_class)
    return None if rule is None else schedule.expires_at(rule, act.at, brand_row(act.brand).zone)


def keep_changed(
    act: Act, policy: Policy, *, subject: SubjectId, category: CategoryId, slot: str, now: str | None
) -> bool:
    """Archive what stands in a slot, if the policy names its category and it is another value; say whether.

    now  what takes its place; None: nothing does
    """
    if not named(policy, [category]):
        return False
    for former in boxes.former(act, subject=subject, categories=[category], slot=slot):
        value = boxes.Bunch().open(former.box)
        if value is not None and value != now:
            return _keep(act, policy, subject, former, value, CHANGED)
    return False


def move_all(
    act: Act,
    policy: Policy,
    *,
    subject: SubjectId,
    categories: Collection[CategoryId],
    why: str,
    held: Collection[str],
) -> list[CategoryId]:
    """Move the values that stand now into the archive; return the category of each.

    held  classes under a hold: their values stay where they are as well
    """
    bunch, moved = boxes.Bunch(), list[CategoryId]()
    wanted = named(policy, categories)
    for former in boxes.former(act, subject=subject, categories=wanted, slot=None) if wanted else ():
        value = bunch.open(former.box)
        if value is None:
            continue
        what = CategoryId(former.box.category)
        _keep(act, policy, subject, former, value, why)
        moved.append(what)
        if former.box.key.keep_class not in held:
            boxes.remove(act, subject=subject, category=what, slot=former.box.slot)
            marks.forget(subject=subject, categories=[what], slot=former.box.slot)
    return moved


def keep_old(act: Act, policy: Policy, *, subject: SubjectId, old: Old, why: str) -> bool:
    """Seal an old value under the archive's key; say whether the policy archives its category.

    Raises KeyDestroyed.
    """
    if not named(policy, [old.category]):
        return False
    keeping.keep(act, boxes.Row(
        subject=subject, category=old.category, slot=f"{ARCHIVED}{uuid4()}", keep_class=ARCHIVE,
        value=old.value, digest=old.digest, channel=old.channel, since=old.since,
        expires_at=end_of(act, policy, ARCHIVE), why=why,
    ))  # fmt: skip
    return True


def enter_archived(act: Act, policy: Policy, *, subject: SubjectId, category: CategoryId) -> None:
    """Enter that an old value went into the archive, in the deed's own transaction and without the value."""
    enter(act, "vault.value.archived", Ref(f"person.{category}"[:64], subject), digest=policy.digest)


def _keep(
    act: Act, policy: Policy, subject: SubjectId, former: boxes.Former, value: str, why: str
) -> bool:
    """Archive a value of the vault's own."""
    old = Old(CategoryId(former.box.category), value, former.box.digest, former.channel, former.since)
    return keep_old(act, policy, subject=subject, old=old, why=why)
