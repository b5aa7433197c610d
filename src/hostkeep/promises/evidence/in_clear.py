"""What the nightly scan saw: a value in clear where no column, log, job or mail may hold one."""

from __future__ import annotations

from hostkeep.flows import scanning
from hostkeep.kernel.ids import OPERATOR
from hostkeep.kernel.words import gettext_noop
from hostkeep.promises.control import Check, Scene, Seen, same_check, verdict


@same_check
def no_value_in_clear(*shapes: str) -> Check:
    """Check that the last scan, made within a day, saw nothing of some shapes that is the brand's, or may be.

    shapes  names of detectors
    The value names table, column and shape.
    """

    def look(scene: Scene) -> Seen:
        scan = scene.once("scan", lambda: scanning.fresh(scene.act))
        found = [
            f"{each.place}: {each.detector}"
            for each in scan.sightings
            if each.detector in shapes and each.brand in {OPERATOR, scene.brand.id}
        ]
        return verdict(not found, " ".join(found) or f"{scan.at:%Y-%m-%d %H:%M} UTC")

    return Check(gettext_noop("The nightly scan saw no personal value in clear"), look)
