"""What was found, as it stands in the table: the newest of each check, and the light it makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from hostkeep.kernel.ids import BrandId
from hostkeep.promises.control import Control
from hostkeep.promises.models import Finding, Round
from hostkeep.promises.rules.lights import Part, Result, Sight, light_of

Series = tuple[str, str, str]
"""Clause, part and sentence: together they name a check."""


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A round.  checks: how many it makes; done: how many it has made."""

    begun_at: datetime
    checks: int
    done: int

    @property
    def running(self) -> bool:
        """Whether it has not come to its end; one that was killed stays so until the next begins."""
        return self.done < self.checks


def newest_findings(brand: BrandId) -> Mapping[Series, Finding]:
    """Return the newest finding of each check of a brand.  One query."""
    found = Finding.objects.filter(brand=brand).order_by("clause", "part", "what", "-at")
    return {(f.clause, f.part, f.what): f for f in found.distinct("clause", "part", "what")}


def sights_of(control: Control, newest: Mapping[Series, Finding]) -> list[Sight]:
    """Return what each check of a control was last seen to be."""
    return [_sight(part, newest.get((control.clause, part, check.what))) for part, check in control.checks()]


def is_mended(brand: BrandId, control: Control, at: datetime) -> bool:
    """Say whether nothing of a clause is in doubt: it is green, or all that watches over it passed."""
    sights = sights_of(control, newest_findings(brand))
    if not control.is_built:
        return all(sight.result == "passed" for sight in sights)
    return light_of(sights, at=at, max_age=control.max_age)[0] == "green"


def newest_round(brand: BrandId) -> RoundRow | None:
    """Return a brand's newest round, or None."""
    row = Round.objects.filter(brand=brand).order_by("-begun_at", "-id").first()
    return RoundRow(row.begun_at, row.checks, row.done) if row else None


def last_round(brand: BrandId) -> datetime | None:
    """Return when a brand's last round began, or None."""
    found = Round.objects.filter(brand=brand).order_by("-begun_at").values_list("begun_at", flat=True)
    return found.first()


def _sight(part: Part, finding: Finding | None) -> Sight:
    """Return what a check's newest finding says."""
    if finding is None:
        return Sight(part, None, None)
    lacks = finding.value if finding.result == "absent" else ""
    return Sight(part, cast("Result", finding.result), finding.at, finding.since, lacks)
