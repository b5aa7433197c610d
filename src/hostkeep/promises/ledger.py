"""The promise ledger as it is read: every clause of a brand, its light, and what stands behind it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hostkeep.brands.queries import policy_in_force
from hostkeep.kernel.ids import BrandId, ClauseId
from hostkeep.policy.book import Clause
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.control import MAX_AGE, Control
from hostkeep.promises.findings import Series, newest_findings, sights_of
from hostkeep.promises.models import Finding
from hostkeep.promises.rules.lights import (
    ABSENT,
    NOT_BUILT,
    STATEMENT,
    UNKNOWN,
    Light,
    lacked,
    light_of,
    light_unproven,
)
from hostkeep.promises.standing import PROSE, controls_in
from hostkeep.promises.unbuilt import NOT_BUILT_YET

FRESH = 15.0
"""Seconds for which a process believes the lights it read: every page shows them."""

_GRAVEST_FIRST = ("failed", "absent", "unsure", None, "passed")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing looked at.

    what    a sentence to translate
    value   what was seen
    at      when it was last seen, None if never
    result  "passed", "failed", "absent", "unsure" or "untried"
    """

    what: str
    value: str
    at: datetime | None
    result: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """The forbidden attempt.

    result  "passed" (it was refused), "failed", "absent", "unsure" or "untried"
    """

    what: str
    result: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise.

    kind       of the clause
    why        why it has its light, a sentence to translate; {lacks} stands for what the machine lacks
    lacks      what this machine lacks, or an empty text
    control    dotted name of the code that keeps it, or an empty text
    evidence   state and good example
    probe      the gravest of its forbidden attempts, or None where there is no control
    max_age_s  seconds after which a proof is too old
    since      of a red light: when it turned
    """

    clause: ClauseId
    kind: str
    light: Light
    why: str
    lacks: str
    control: str
    evidence: tuple[Evidence, ...]
    probe: Attempt | None
    max_age_s: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Lamps:
    """All lights of a brand.

    pairs  clause and light, in the policy's order
    at     when they were last looked at, or None
    """

    pairs: tuple[tuple[ClauseId, Light], ...]
    at: datetime | None


_lamps: dict[BrandId, tuple[float, Lamps]] = {}


def ledger_of(brand: BrandId, at: datetime) -> tuple[PromiseRow, ...]:
    """Return every promise of a brand, in the policy's order.  One query.  Raises NoSuchBrand."""
    newest, policy = newest_findings(brand), policy_in_force(brand, at)
    controls = controls_in(policy, CONTROLS)
    return tuple(_row(clause, controls.get(clause.id), newest, at) for clause in policy.clauses)


def lights_of(brand: BrandId, at: datetime) -> Lamps:
    """Return the lights alone, believed for FRESH seconds.  Raises NoSuchBrand."""
    known = _lamps.get(brand)
    if known is not None and time.monotonic() - known[0] < FRESH:
        return known[1]
    rows = ledger_of(brand, at)
    times = [seen.at for row in rows for seen in row.evidence if seen.at is not None]
    found = Lamps(tuple((row.clause, row.light) for row in rows), max(times, default=None))
    _lamps[brand] = (time.monotonic(), found)
    return found


def forget() -> None:
    """Forget the lights this process read."""
    _lamps.clear()


def _row(
    clause: Clause, control: Control | None, newest: Mapping[Series, Finding], at: datetime
) -> PromiseRow:
    """Say how one clause stands."""
    missing = NOT_BUILT if clause.id in NOT_BUILT_YET else UNKNOWN
    if clause.kind == PROSE:
        return _without_control(clause, "statement", STATEMENT)
    if control is None:
        return _without_control(clause, "grey", missing)
    sights = sights_of(control, newest)
    if control.is_built:
        light, why = light_of(sights, at=at, max_age=control.max_age)
    else:
        light, why = light_unproven(sights, missing)
    failed = [s.since for s in sights if s.result == "failed" and s.since is not None]
    return PromiseRow(
        clause=clause.id,
        kind=clause.kind,
        light=light,
        why=why,
        lacks=lacked(sights) if why == ABSENT else "",
        control=control.symbol,
        evidence=tuple(_evidence(control, newest)),
        probe=_gravest(control, newest),
        max_age_s=int(control.max_age.total_seconds()),
        since=min(failed, default=None),
    )


def _without_control(clause: Clause, light: Light, why: str) -> PromiseRow:
    """Return the row of a clause that nothing is tried for."""
    age = int(MAX_AGE.total_seconds())
    return PromiseRow(clause.id, clause.kind, light, why, "", "", (), None, age, None)


def _evidence(control: Control, newest: Mapping[Series, Finding]) -> Iterable[Evidence]:
    """Go through what state and sample saw."""
    for part, check in control.checks():
        if part != "probe":
            found = newest.get((control.clause, part, check.what))
            if found is None:
                yield Evidence(check.what, "", None, "untried")
            else:
                yield Evidence(check.what, found.value, found.at, found.result)


def _gravest(control: Control, newest: Mapping[Series, Finding]) -> Attempt | None:
    """Return the worst of a control's attempts, the first among equals."""
    tried = [(check.what, newest.get((control.clause, "probe", check.what))) for check in control.probe]
    tried.sort(key=lambda pair: _GRAVEST_FIRST.index(pair[1].result if pair[1] else None))
    for what, found in tried:
        return Attempt(what, found.result if found else "untried", found.at if found else None)
    return None
