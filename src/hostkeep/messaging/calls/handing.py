"""Handing a letter to the outside world."""

from __future__ import annotations

from collections.abc import Callable

from hostkeep.drivers.mail import Letter, Mailer, Outcome
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime.transactions import assert_outside

_makers: list[Callable[[BrandId], Mailer]] = []


def carry_with(make: Callable[[BrandId], Mailer]) -> None:
    """Say who carries a brand's mail.  Called once at start, by the composition root.

    make  returns a mailer set up for a brand; called for each mail, so that a changed route counts at once
    """
    _makers[:] = [make]


def hand_over(letter: Letter, *, brand: BrandId) -> Outcome:
    """Give one letter to the brand's mailer and return its answer.

    Raises RuntimeError inside a transaction, LookupError if nobody carries mail.
    """
    assert_outside()
    if not _makers:
        raise LookupError("no mailer was set up")
    return _makers[0](brand).hand_over(letter)
