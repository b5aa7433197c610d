"""What billing foresees and refuses of credit and top-ups."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class NotEnoughCredit(Foreseen):
    """The account does not hold so much credit in this currency.  facts: held, currency (minor units)."""

    code = "billing.credit.not_enough"
    title = gettext_noop("There is not enough credit for this.")


class CreditDiffers(Foreseen):
    """The key has moved other credit before; facts["entry"] is its id."""

    code = "billing.credit.differs"
    title = gettext_noop("Credit was moved by this before, in another way.")


class BadCredit(Foreseen):
    """An amount of credit that cannot be moved.

    facts["why"]: "nothing" (zero or less), "currency" (not the invoice's, or none of the brand's), "more"
    (than is owed), or of a top-up "least", "most" or "cap", with facts["limit"] in minor units.
    """

    code = "billing.credit.bad"
    title = gettext_noop("This amount cannot be used here.")
    status = 422


class NoSuchTopUp(Foreseen):
    """No such top-up, or not one that this account may know of."""

    code = "billing.top_up.none"
    title = gettext_noop("There is no such top-up.")
    status = 404


class NoTopUps(Foreseen):
    """The brand takes no top-ups."""

    code = "billing.top_up.not_offered"
    title = gettext_noop("Credit cannot be put in here.")
    status = 422


class NoSuchFinding(Foreseen):
    """Nothing of this id that a person settles."""

    code = "billing.finding.none"
    title = gettext_noop("There is nothing here to be settled by hand.")
    status = 404


class BadTogether(Foreseen):
    """Documents that cannot be paid at once as they were shown.

    facts["why"]: "none" or "many" (none was chosen, or more than one payment holds), "currency" (they are in
    several), "sum" (what is owed on them is another sum by now).
    """

    code = "billing.together.bad"
    title = gettext_noop("What is owed has changed meanwhile, or cannot be paid in one. Please choose again.")
