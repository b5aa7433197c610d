"""How much of a payment may go back the way it came."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Room:
    """What may still be given back of a payment.

    left    of the payment itself: what came, less what was given back or is on its way, less what the payer's
            bank took or asks for
    credit  what the account holds in the payment's currency: a refund is taken from there
    """

    left: Money
    credit: Money

    @property
    def now(self) -> Money:
        """What can be given back this moment: never more than either allows."""
        return Money(max(0, min(self.left.minor, self.credit.minor)), self.left.currency)

    @property
    def wants_note(self) -> Money:
        """What could go back only after a credit note has made credit of it."""
        return Money(max(0, self.left.minor) - self.now.minor, self.left.currency)


def left_of(came: Money, *, back: Money, disputed: Money) -> Money:
    """Return what is left of a payment.

    back      given back, or on its way: refunds that were not declined
    disputed  taken back by the payer's bank, or argued about: disputes that were not won
    """
    return came - back - disputed
