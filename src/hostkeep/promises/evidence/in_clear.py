"""What the nightly scan saw: a value in clear where no column, log, job or mail may hold one."""

from __future__ import annotations

from hostkeep.flows import scanning
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict


@same_check
def no_value_in_clear() -> Check:
    """Check that the last scan, made within a day, saw nothing; the value names table, column and shape."""

    def look(scene: Scene) -> Seen:
        scan = scanning.fresh(scene.act)
        seen = " ".join(f"{each.place}: {each.detector}" for each in scan.sightings)
        return verdict(not scan.sightings, seen or f"{scan.at:%Y-%m-%d %H:%M} UTC")

    return Check(gettext_noop("The nightly scan saw no personal value in clear"), look)
