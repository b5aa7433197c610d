"""Raising an alarm: something happened that a person must look at."""

from __future__ import annotations

import re

from hostkeep.audit.enter import enter_apart
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
    Raises ValueError on a kind that is no word.
    """
    if not _KIND.fullmatch(kind):
        raise ValueError("a kind of alarm is one word of ours")
    enter_apart(act, f"{ALARM}{kind}.raised", about, category="", clause=clause, digest=digest)
