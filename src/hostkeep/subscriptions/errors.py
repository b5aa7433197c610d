"""What subscriptions foresee and refuse."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NoSuchSubscription(Foreseen):
    """No such subscription, or not one that the asker may know of."""

    code = "subscriptions.subscription.none"
    title = gettext_noop("There is no such subscription.")
    status = 404


class BadTerm(Foreseen):
    """A term that is none: facts["why"] is "unit", "count" or "date"."""

    code = "subscriptions.term.bad"
    title = gettext_noop("This is no term that a service can be had for.")
    status = 422
