"""What billing foresees and refuses of the calendar of reminders."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class BadCalendar(Foreseen):
    """[dunning] of brand.toml says what cannot be followed.  facts["name"]: which entry."""

    code = "billing.dunning.bad_calendar"
    title = gettext_noop("The calendar of reminders cannot be followed: see {name}.")
    status = 422


class BadException(Foreseen):
    """An exception from the calendar that cannot be made.  facts["why"]: "kind", "until" or "reason"."""

    code = "billing.dunning.bad_exception"
    title = gettext_noop("Choose what is spared, until when, and why.")
    status = 422


class NoSuchException(Foreseen):
    """No such exception, or it holds no longer."""

    code = "billing.dunning.no_exception"
    title = gettext_noop("There is no such exception, or it is over.")
    status = 404


class NotOnHold(Foreseen):
    """Nothing waits for a person at this invoice: it was put back, told, or paid meanwhile."""

    code = "billing.dunning.not_on_hold"
    title = gettext_noop("Nothing waits for a person here any more.")
