"""How fast one actor may read: counted in the book itself, which nobody can turn back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connections, transaction
from django.db.models import Count, Sum

from hostkeep.audit.enter import APART, Line, enter_all_apart
from hostkeep.audit.models import Entry
from hostkeep.kernel.act import Act


@dataclass(frozen=True, slots=True)
class Pace:
    """The most one actor may read in a span of time.

    span     how long
    values   how many, each counted as often as it was read; None: any number
    things   of how many different persons or things
    entries  in how many goes
    """

    span: timedelta
    values: int | None = None
    things: int | None = None
    entries: int | None = None


def enter_within(
    act: Act, verb: str, lines: Sequence[Line], *, counted: Collection[str], pace: Pace, besides: str = ""
) -> bool:
    """Enter many reads of one act apart, if they keep the actor within a pace; say whether they do.

    counted  the verbs that count against the pace
    besides  a role in which nothing counts: what the program read for the actor, who did not see it
    Entered and counted in one transaction, one at a time for each actor: two requests at once do not get
    more than one after the other.  Where the pace is exceeded nothing of it is entered: the caller enters a
    refusal.
    """
    with transaction.atomic(using=APART), connections[APART].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [act.actor])
        enter_all_apart(act, verb, lines)
        within = _is_within(act, counted, pace, besides)
        if not within:
            transaction.set_rollback(True, using=APART)
    return within


def _is_within(act: Act, counted: Collection[str], pace: Pace, besides: str) -> bool:
    """Say whether what an actor read within the span, the newest included, keeps within the pace."""
    since = act.at - pace.span
    found = Entry.objects.using(APART).filter(actor=act.actor, verb__in=set(counted), at__gt=since)
    found = found.exclude(role=besides) if besides else found
    spent = found.aggregate(values=Sum("count"), things=Count("thing", distinct=True), entries=Count("id"))
    most = {"values": pace.values, "things": pace.things, "entries": pace.entries}
    return all((spent[what] or 0) <= bound for what, bound in most.items() if bound is not None)


def raised_lately(act: Act, kind: str, span: timedelta) -> bool:
    """Say whether an actor's deeds raised an alarm of a kind within a span before this one."""
    found = Entry.objects.using(APART).filter(
        actor=act.actor, verb=f"alarm.{kind}.raised", at__gt=act.at - span
    )
    return found.exists()
