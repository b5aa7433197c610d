"""What time it is, here and in the database: the system's, plus the demo's offset."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.runtime.models import Clock

AHEAD = "SELECT ahead FROM runtime_clock WHERE id = 1"
"""Asked for each act, and by the driver itself: the ORM takes longer to write it than the server to answer.

What was read is never kept: another process may move the clock at any time.
"""


class ClockStands(Foreseen):
    """The clock cannot be moved so."""

    code = "runtime.clock.stands"
    title = gettext_noop("The clock can only be moved forward, and only in the demo.")


def now() -> datetime:
    """Return the time that stands in every act.  For faces and the job runner alone.

    Outside the demo the offset is always zero and the table is not read.
    """
    return datetime.now(UTC) + ahead()


def of_machine(at: datetime) -> datetime:
    """Return what the system's clock showed at a time of ours: the database's own programs write by that."""
    return at - ahead()


def advance(by: timedelta) -> datetime:
    """Move the demo's clock forward by so much; return the new time.  Raises ClockStands.

    Two who move it at once move it by both: it never goes back.
    """
    if not settings.HOSTKEEP.demo or by <= timedelta():
        raise ClockStands
    Clock.objects.get_or_create(id=1)
    Clock.objects.filter(id=1).update(ahead=F("ahead") + by)
    return now()


def ahead() -> timedelta:
    """Return how far the demo's clock is moved; outside the demo zero, without a query."""
    if not settings.HOSTKEEP.demo:
        return timedelta()
    with connection.cursor() as cursor:
        cursor.execute(AHEAD)
        found = cursor.fetchone()
    return found[0] if found else timedelta()
