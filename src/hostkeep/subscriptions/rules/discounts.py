"""What a discount takes off a price: a part of it, an amount, or both; never more than there is."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.kernel.money import MILLION, Money, halves_away

DISCOUNT = "discount"


@dataclass(frozen=True, slots=True)
class Off:
    """A discount on the plan's price of a whole term.

    rate   millionths of it, rounded half away from zero; over a million counts as a million
    minor  an amount, in minor units of the price's currency
    """

    rate: int = 0
    minor: int = 0

    def on(self, price: Money) -> Money:
        """Return what is taken off a price: no more than there is."""
        part = halves_away(price.minor * min(self.rate, MILLION), MILLION)
        return Money(min(max(price.minor, 0), part + self.minor), price.currency)


NOTHING = Off()
"""No discount."""
