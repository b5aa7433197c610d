"""Alarms about a state that lasts: they ring once for it, and not each time that somebody runs into it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connections, transaction

from hostkeep.audit.alarms import raise_alarm, verb_of
from hostkeep.audit.enter import APART
from hostkeep.audit.reading import entered_apart
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, Ref

QUIET = timedelta(days=1)
"""For so long a state that lasts rings no second time."""

ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def ring_once(
    act: Act, *, kind: str, about: Ref, clause: ClauseId, digest: str = "", over: int = 0
) -> datetime:
    """Raise an alarm about a state, unless it rang within a day and the state was not over since.

    kind, about, clause, digest  as audit.alarms.raise_alarm takes them
    over  number of an entry of the book that was made when the state did not last; 0: none is known
    Returns when it rang last: act.at where it rings now.

    The book says whether it rang, for all processes: what could not be entered rings the next time, and of
    many that run into it at once one rings.  Raises ValueError on a kind that is no word.
    """
    with transaction.atomic(using=APART), connections[APART].cursor() as cursor:
        cursor.execute(ALONE, [f"alarm|{act.brand}|{kind}|{about.id}"])
        for last in entered_apart(verb=verb_of(kind), brand=act.brand, thing=about.id, first=1):
            if last.id > over and act.at - last.at < QUIET:
                return last.at
        raise_alarm(act, kind=kind, about=about, clause=clause, digest=digest)
    return act.at
