"""What a listed price becomes under a tax that is not the one it was listed with."""

from __future__ import annotations

from typing import Literal

from hostkeep.kernel.money import Money

Inclusive = Literal["gross", "net"]


def due(listed: Money, *, home_rate: int, rate: int, inclusive: Inclusive) -> Money:
    """Return the price with tax of something listed with the tax of the seller's home in it.

    home_rate, rate  millionths: the tax that the list has in it, and the one that the sale bears
    inclusive        "gross": every buyer pays what is listed; "net": the seller keeps the same of each

    Rounded half away from zero, once for the unit.
    """
    if inclusive == "gross" or rate == home_rate:
        return listed
    net = listed - listed.tax_within(home_rate)
    return net + net.tax(rate)
