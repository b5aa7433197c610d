"""What promises foresee and refuse."""

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NoSuchPromise(Foreseen):
    """No policy in force has this clause."""

    code = "promises.clause.none"
    title = gettext_noop("No policy in force has a clause {wanted}.")
    status = 404


class DoesNotFit(Foreseen):
    """Clauses and controls do not fit together.  Facts: said."""

    code = "promises.book.does_not_fit"
    title = gettext_noop("Clauses and controls do not fit together: {said}")
    status = 500


class NoSuchAlarm(Foreseen):
    """No alarm has this number."""

    code = "promises.alarm.none"
    title = gettext_noop("There is no such alarm.")
    status = 404


class NoStranger(Foreseen):
    """Nobody said how a probe reaches the pages."""

    code = "promises.stranger.none"
    title = gettext_noop("Nobody told the probes how to reach the pages.")
    status = 500
