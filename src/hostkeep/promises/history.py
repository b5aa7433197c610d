"""How the lights stood on past days: drawn from the spans of findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.control import Control
from hostkeep.promises.models import Finding
from hostkeep.promises.rules.lights import Light, light_of_day
from hostkeep.promises.standing import controls_in

DAYS = 30


def days_of(brand: BrandId, at: datetime, zone: str) -> Mapping[ClauseId, tuple[Light, ...]]:
    """Return the lights of the last DAYS days of each clause that is looked at, oldest first.  One query.

    zone  IANA name: where the days begin
    A day is red if any check had failed at any time of it, and green only if every check was seen that day
    and had passed whenever it was seen.  One without a control of its own is never green.
    """
    starts = _starts(at.astimezone(ZoneInfo(zone)))
    found: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in Finding.objects.filter(brand=brand, at__gte=starts[0]).order_by("since"):
        found.setdefault((finding.clause, finding.part, finding.what), []).append(finding)
    controls = controls_in(policy_in_force(brand, at), CONTROLS)
    return {clause: tuple(_days(control, found, starts)) for clause, control in controls.items()}


def _starts(now: datetime) -> list[datetime]:
    """Return the beginnings of the last days and of tomorrow, oldest first."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - timedelta(days=back) for back in range(DAYS - 1, -2, -1)]


def _days(
    control: Control, found: Mapping[tuple[str, str, str], list[Finding]], starts: list[datetime]
) -> Iterable[Light]:
    """Go through the days of one control."""
    series = [found.get((control.clause, part, check.what), []) for part, check in control.checks()]
    for start, end in pairwise(starts):
        light = light_of_day([_seen(findings, start, end) for findings in series])
        yield light if control.is_built or light == "red" else "grey"


def _seen(findings: Iterable[Finding], start: datetime, end: datetime) -> frozenset[str]:
    """Return the results that one check had in a span of time."""
    return frozenset(f.result for f in findings if f.since < end and f.at >= start)
