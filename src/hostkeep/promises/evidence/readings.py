"""Reading a value of the canary's for a purpose that the policy permits."""

from __future__ import annotations

from hostkeep.kernel.ids import CategoryId, PurposeId
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict
from hostkeep.vault import door


@same_check
def readable_for(category: str, purpose: str) -> Check:
    """Check that a value opens for a declared purpose.  Nothing but its length comes out of the door."""

    def look(scene: Scene) -> Seen:
        act = scene.act.for_purpose(PurposeId(purpose))
        length = door.use(act, subject=scene.canary.subject, category=CategoryId(category), fn=len)
        return verdict(length, f"{category}, {purpose}")

    return Check(gettext_noop("A value opens for a purpose that the policy names"), look)
