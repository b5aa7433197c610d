"""Raising an alarm: something happened that a person must look at."""

from __future__ import annotations

import re

from hostkeep.audit.enter import enter, enter_apart
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, Ref

ALARM = "alarm."
"""How the verb of every alarm begins."""

_KIND = re.compile(r"[a-z][a-z_]{0,31}", re.ASCII)


def raise_alarm(act: Act, *, kind: str, about: Ref, clause: ClauseId, digest: str = "") -> None:
    """Enter an alarm through the audit's own connection: it outlives the rollback that a refusal causes.

    kind   what happened, one word of ours: "mass_reading"
    about  the thing it is about; a canary's own account or subject wakes nobody
    The promise ledger takes it in within a minute and tells staff.
    Where the alarm is about what a deed writes down, `raise_with_deed` is the one to take.
    Raises ValueError on a kind that is no word.
    """
    enter_apart(act, verb_of(kind), about, category="", clause=clause, digest=digest)


def raise_with_deed(act: Act, *, kind: str, about: Ref, clause: ClauseId, digest: str = "") -> None:
    """Enter an alarm as `raise_alarm` does, in the running deed's own transaction: it stands with it, or not.

    For what a deed writes down once and nobody finds a second time: a process that dies after the deed has
    rung by then, and one that dies before it has nothing to ring for.
    Raises ValueError on a kind that is no word.
    """
    enter(act, verb_of(kind), about, clause=clause, digest=digest)


def verb_of(kind: str) -> str:
    """Return the verb under which an alarm is entered.  Raises ValueError on a kind that is no word."""
    if not _KIND.fullmatch(kind):
        raise ValueError("a kind of alarm is one word of ours")
    return f"{ALARM}{kind}.raised"
