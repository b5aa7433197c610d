"""How much of customers one member of staff may see in an hour, and who is told when it is more."""

from __future__ import annotations

from datetime import timedelta

from hostkeep.audit.pace import Pace
from hostkeep.kernel.act import Act

HOUR = timedelta(hours=1)

PACE = Pace(HOUR, values=120, things=60)
"""One customer a minute, two values each: more than a busy desk opens, far less than a copy of the book."""

LISTS = Pace(HOUR, values=6000, things=1200)
"""What customers chose, on lists of orders, services and tasks: two dozen pages of fifty in an hour."""

SCANS = Pace(HOUR, entries=30)
"""Searches by name: one every two minutes.  Each reads every name, so names are not what counts."""

REVEALED = "vault.value.revealed"
SOUGHT = "vault.person.sought"
SCANNED = "vault.names.scanned"

READS = frozenset({REVEALED, SOUGHT})
"""What counts against the pace of reading."""

PROGRAM = "system"
"""The role in which the program works with a value itself, whoever it is that lets it."""

MASS_READING = "mass_reading"
"""The kind of alarm, raised once an actor and hour."""


def is_paced(act: Act) -> bool:
    """Say whether a deed's reads are counted: those of a member of staff, the owner's as well.

    A customer sees their own values alone, a visitor none; the program and its jobs are bound by the table,
    and have no eyes; whoever has a command line on the machine has the keys.
    """
    return act.actor.startswith("staff:")


def is_seen(act: Act) -> bool:
    """Say whether what a deed opens is for the eyes of a member of staff, and counts against PACE.

    Who books sixty transfers has the program compare names and copy buyers' blocks from one document to the
    next, and sees none of them.
    """
    return is_paced(act) and act.role != PROGRAM
