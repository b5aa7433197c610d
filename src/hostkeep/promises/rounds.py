"""Rounds: all checks of a brand's controls, run, and what they saw noted.

Each minute the watch `send_due` looks whose round has come and sends an errand for it: one job a brand, one
of them at a time, so that mail and orders never wait for a probe.  The errand is `run_for`.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from hostkeep.audit.rounds import go_through
from hostkeep.brands.queries import BrandRow, all_brands, brand, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, ClauseId, PurposeId
from hostkeep.policy.book import Policy
from hostkeep.promises import alarms, findings, ledger
from hostkeep.promises.actions.alarming import close_alarm
from hostkeep.promises.actions.noting import Note, Noted, begin_round, note_round
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.canaries import canary_of
from hostkeep.promises.control import Check, Control, Scene, Seen
from hostkeep.promises.standing import controls_in
from hostkeep.promises.stranger import PROBE, arrive
from hostkeep.runtime import jobs

log = structlog.get_logger()

ERRAND = "promises"
EVERY = timedelta(minutes=10)
REST = 30.0
"""Seconds of the machine's own steady clock between two rounds of one brand in a process.

Where the demo's clock is moved by a month, a round for each hour would prove nothing more than the last one.
"""
AT_ONCE = 8
"""Controls that are noted together: so the first lights are lit before the last one was tried."""

_began: dict[BrandId, float] = {}


def send_due(act: Act) -> int:
    """Send the round of every brand whose last one is EVERY ago; return how many were sent.

    A brand that goes wrong keeps no other from its round.
    """

    def send(row: BrandRow) -> bool:
        return _is_due(act, row) and send_round(row.id)

    return sum(go_through(act, all_brands(), send, event="round.not_sent", about=lambda row: row.id))


def send_round(brand_id: BrandId) -> bool:
    """Send a brand's round to the workers; say whether it waits now, False where it waited already."""
    _began[brand_id] = time.monotonic()
    return jobs.send(ERRAND, brand_id)


def run_for(act: Act, about: str) -> int:
    """Run the round of the brand of a slug; return how many checks were made.  The errand's work."""
    return run_round(act, brand=brand(BrandId(about)))


def run_round(act: Act, *, brand: BrandRow, only: Collection[ClauseId] = ()) -> int:
    """Run the checks of a brand's controls now; return how many there were.

    only  these clauses, or all
    Raises NoStranger.
    """
    policy = policy_in_force(brand.id, act.at)
    wanted = [c for c in controls_of(policy) if not only or c.clause in only]
    mine = act.of_brand(brand.id).in_role("system").for_purpose(PurposeId("account"))
    mine = replace(mine, trace=f"{PROBE}{secrets.token_hex(8)}")
    _close_lost(mine, policy)
    if not wanted:
        return 0
    scene = Scene(mine, brand, policy, canary_of(mine, policy), arrive(mine.trace))
    checks = sum(1 for control in wanted for _ in control.checks())
    run = begin_round(mine, checks=checks).id
    for portion in _portions(wanted):
        notes = [note for control in portion for note in _notes(scene, control)]
        _tell(mine, note_round(mine, run=run, notes=notes, controls=portion))
        ledger.forget()
    return checks


def controls_of(policy: Policy) -> tuple[Control, ...]:
    """Return what is looked at for a policy's clauses, in its order."""
    return tuple(controls_in(policy, CONTROLS).values())


def _portions(wanted: Sequence[Control]) -> Iterator[Sequence[Control]]:
    """Cut controls into portions."""
    for start in range(0, len(wanted), AT_ONCE):
        yield wanted[start : start + AT_ONCE]


def _is_due(act: Act, row: BrandRow) -> bool:
    """Say whether a brand's next round has come."""
    began = _began.get(row.id)
    if began is not None and time.monotonic() - began < REST:
        return False
    if not controls_of(policy_in_force(row.id, act.at)):
        return False
    last = findings.last_round(row.id)
    return last is None or last + EVERY <= act.at


def _close_lost(act: Act, policy: Policy) -> None:
    """Close the alarms of clauses that the policy in force no longer has: there is nothing left to break."""
    promised = {control.clause for control in controls_of(policy)}
    for clause, alarm in alarms.open_lights(act.brand).items():
        if clause not in promised:
            close_alarm(act, alarm=alarm)


def _notes(scene: Scene, control: Control) -> list[Note]:
    """Run one control's checks."""
    found = []
    for part, check in control.checks():
        seen = scene.once(check, partial(_look, scene, check))
        found.append(Note(control.clause, part, check.what, seen.result, seen.value))
    return found


def _look(scene: Scene, check: Check) -> Seen:
    """Look once; one that breaks must not stop the others."""
    try:
        return check.look(scene)
    except Exception as error:  # noqa: BLE001  see above
        seen = Seen("unsure", error.code if isinstance(error, Foreseen) else type(error).__name__)
        log.warning("promise.check_broke", what=check.what, brand=scene.brand.id, code=seen.value)
        return seen


def _tell(act: Act, done: Noted) -> None:
    """Log what turned red."""
    for clause in done.broken:
        log.error("promise.broken", brand=act.brand, clause=clause, trace=act.trace)
