"""Host names that are nobody's."""

from __future__ import annotations

import secrets

from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict

MISDIRECTED = 421


@same_check
def unknown_refused() -> Check:
    """Ask under names that the shop does not have: a stranger's, and one that looks like its own."""

    def look(scene: Scene) -> Seen:
        names = (f"{secrets.token_hex(6)}.invalid", f"{secrets.token_hex(6)}.{scene.brand.host}")
        answers = [scene.stranger.request("GET", name, "/") for name in names]
        good = all(a.status == MISDIRECTED and not a.cookies for a in answers)
        return verdict(good, " ".join(str(a.status) for a in answers))

    return Check(gettext_noop("The shop is asked for under host names that it does not have"), look)
