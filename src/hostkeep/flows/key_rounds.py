"""What the keys and backups need by the week: the roll, and a restore for practice, each a job of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from hostkeep.kernel.act import Act
from hostkeep.runtime import jobs
from hostkeep.vault import drills, rolling

ROLL, DRILL = "keys.roll", "drill.restore"
DUE = "due"

EVERY = timedelta(days=7)
"""How often a restore is practised."""

FIRST = timedelta(days=1)
"""How old a house is at its first drill."""

_drill: list[Callable[[], bool]] = []


def drill_with(run: Callable[[], bool]) -> None:
    """Say how a drill is run; it returns whether all was good.  Not called where the server is not ours."""
    _drill[:] = [run]


def send_due(act: Act) -> int:
    """Let a worker roll the keys or practise a restore where it is time; return how many were sent for it."""
    sent = rolling.is_due(act) and jobs.send(ROLL, DUE)
    return int(sent) + int(bool(_drill) and drill_is_due(act) and jobs.send(DRILL, DUE))


def drill_is_due(act: Act) -> bool:
    """Say whether the last drill is a week ago; the first one waits for the house's second day."""
    last = drills.newest()
    if last is not None:
        return last.at + EVERY <= act.at
    return rolling.is_in_use() and rolling.begun_at() + FIRST <= act.at


def roll(act: Act, about: str) -> int:
    """Roll the keys, unless somebody did meanwhile; return how many epochs ended."""
    if about == DUE and not rolling.is_due(act):
        return 0
    return len(rolling.roll(act).ended)


def drill(act: Act, about: str) -> int:
    """Practise a restore, unless somebody did meanwhile; return how many were good."""
    if about == DUE and not drill_is_due(act):
        return 0
    return sum(run() for run in _drill)
