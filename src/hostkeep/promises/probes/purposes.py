"""Readings that the policy does not cover: a person who never agreed, a value that came in offline."""

from __future__ import annotations

from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, rehearsed, same_check, verdict
from hostkeep.vault import door


@same_check
def refuses_who_never_agreed(category: str, purpose: str) -> Check:
    """Ask for a value of the canary's for a declared purpose that rests on a consent it never gave."""

    def look(scene: Scene) -> Seen:
        cell = scene.policy.table.get((CategoryId(category), PurposeId(purpose), scene.act.role))
        if cell is None or "consent" not in cell.needs:
            return Seen("unsure", f"{purpose} rests on no consent")
        return _asked(scene, category, purpose)

    return Check(gettext_noop("What rests on a consent is asked of somebody who never agreed"), look)


@same_check
def offline_is_no_freer(category: str, purpose: str) -> Check:
    """Keep a value that came in offline, and ask for it for a purpose that the policy does not name."""

    def look(scene: Scene) -> Seen:
        with rehearsed():
            door.put(
                scene.act, subject=scene.canary.subject, category=CategoryId(category),
                value="Offline Canary", channel="offline",
            )  # fmt: skip
            return _asked(scene, category, purpose)

    return Check(gettext_noop("A value that came in offline is asked for an undeclared purpose"), look)


def _asked(scene: Scene, category: str, purpose: str) -> Seen:
    """Ask, and see it refused."""
    act = scene.act.for_purpose(PurposeId(purpose))
    try:
        door.reveal(act, subject=scene.canary.subject, category=CategoryId(category))
    except door.Refused as refusal:
        return verdict(refusal.clause, f"{category}, {purpose}: {refusal.clause}")
    return Seen("failed", f"{category}, {purpose}")
