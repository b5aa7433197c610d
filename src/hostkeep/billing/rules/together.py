"""What documents of one account come to at once."""

from __future__ import annotations

from collections.abc import Sequence

from hostkeep.kernel.money import Money, total


def sum_together(owed: Sequence[Money], proformas: Sequence[Money], held: Money) -> Money:
    """Return what invoices and proformas of one currency come to if they are paid at once.

    owed       what is still to pay on each invoice
    proformas  what each open proforma comes to: it asks for what credit lacks, and that is there once for all
    held       the account's credit; where it would do for all proformas, and its owner has not used it, they
               are asked for whole
    """
    asked = total(proformas, held.currency)
    return total([*owed, asked - counted(held, asked)], held.currency)


def counted(held: Money, asked: Money) -> Money:
    """Return how much of an account's credit is counted towards what its proformas ask for: all, or none."""
    return held if 0 < held.minor < asked.minor else Money(0, held.currency)
