"""What the ledger foresees and refuses."""

from __future__ import annotations

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop


class Unbalanced(Foreseen):
    """The legs of an entry do not sum to zero in each currency, are fewer than two, or one is empty."""

    code = "ledger.entry.unbalanced"
    title = gettext_noop("This booking does not add up, so it was not made.")
    status = 422


class EntryDiffers(Foreseen):
    """The key has made another entry before; facts["entry"] is its id."""

    code = "ledger.entry.differs"
    title = gettext_noop("This was booked before, with other amounts.")


class NotCovered(Foreseen):
    """The account code of facts["account"] would stand below its floor; nothing was booked."""

    code = "ledger.entry.not_covered"
    title = gettext_noop("There is not enough money for this, so it was not booked.")
