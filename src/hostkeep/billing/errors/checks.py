"""What billing foresees and refuses of the check of paid orders."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class BadQualification(Foreseen):
    """A brand's rules of the payment check cannot be followed."""

    code = "billing.qualification.bad"
    title = gettext_noop("The rules of the payment check are wrong: {why}.")
    status = 422


class NoSuchCheck(Foreseen):
    """No such check of a payment, or not one of this brand."""

    code = "billing.check.none"
    title = gettext_noop("There is no such check.")
    status = 404


class CheckDecided(Foreseen):
    """The order was not held back, or somebody said already what becomes of it."""

    code = "billing.check.decided"
    title = gettext_noop("It is decided already what becomes of this order.")


class NotForPrograms(Foreseen):
    """Who decides is no member of staff who looks after money."""

    code = "billing.check.not_for_programs"
    title = gettext_noop("A person who looks after payments decides this.")
    status = 403
