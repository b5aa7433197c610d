"""Rounds: all checks of a brand's controls, run, and what they saw noted."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import timedelta

import structlog

from hostkeep.brands.queries import BrandRow, all_brands, policy_in_force
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, ClauseId, PurposeId
from hostkeep.policy.book import Policy
from hostkeep.promises import ledger
from hostkeep.promises.actions.noting import Note, Round, note_round
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.canaries import canary_of
from hostkeep.promises.control import Control, Scene, Seen
from hostkeep.promises.stranger import arrive

log = structlog.get_logger()

EVERY = timedelta(minutes=10)
REST = 30.0
"""Seconds of the machine's own steady clock between two rounds of one brand in a process.

Where the demo's clock is moved by a month, a round for each hour would prove nothing more than the last one.
"""

_began: dict[BrandId, float] = {}


def run_due(act: Act) -> int:
    """Run the round of every brand whose last one is EVERY ago; return how many checks were made."""
    done = 0
    for brand in all_brands():
        if _is_due(act, brand):
            _began[brand.id] = time.monotonic()
            done += run_round(act, brand=brand)
    return done


def run_round(act: Act, *, brand: BrandRow, only: Collection[ClauseId] = ()) -> int:
    """Run the checks of a brand's controls now; return how many there were.

    only  these clauses, or all
    Raises NoStranger.
    """
    mine = act.of_brand(brand.id).in_role("system").for_purpose(PurposeId("account"))
    policy = policy_in_force(brand.id, act.at)
    wanted = [c for c in controls_of(policy) if not only or c.clause in only]
    if not wanted:
        return 0
    scene = Scene(mine, brand, policy, canary_of(mine, policy), arrive())
    notes = [note for control in wanted for note in _notes(scene, control)]
    _tell(mine, note_round(mine, notes=notes))
    ledger.forget()
    return len(notes)


def controls_of(policy: Policy) -> tuple[Control, ...]:
    """Return the controls of a policy's clauses, in its order."""
    return tuple(CONTROLS[clause.id] for clause in policy.clauses if clause.id in CONTROLS)


def _is_due(act: Act, brand: BrandRow) -> bool:
    """Say whether a brand's next round has come."""
    began = _began.get(brand.id)
    if began is not None and time.monotonic() - began < REST:
        return False
    if not controls_of(policy_in_force(brand.id, act.at)):
        return False
    last = ledger.last_round(brand.id)
    return last is None or last + EVERY <= act.at


def _notes(scene: Scene, control: Control) -> list[Note]:
    """Run one control's checks."""
    found = []
    for part, check in control.checks():
        try:
            seen = check.look(scene)
        except Exception as error:  # noqa: BLE001  one that breaks must not stop the others
            seen = Seen("unsure", error.code if isinstance(error, Foreseen) else type(error).__name__)
            log.warning("promise.check_broke", clause=control.clause, part=part, code=seen.value)
        found.append(Note(control.clause, part, check.what, seen.result, seen.value))
    return found


def _tell(act: Act, done: Round) -> None:
    """Log what turned red."""
    for clause in done.broken:
        log.error("promise.broken", brand=act.brand, clause=clause, trace=act.trace)
