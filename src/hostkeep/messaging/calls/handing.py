"""Handing a letter to the outside world."""

from __future__ import annotations

from collections.abc import Callable

from hostkeep.drivers.mail import Letter, Mailer, Outcome
from hostkeep.drivers.packages import demand
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime.transactions import assert_outside

_makers: list[Callable[[BrandId], Mailer]] = []
_relays: list[Callable[[BrandId], str]] = []


def carry_with(make: Callable[[BrandId], Mailer]) -> None:
    """Say who carries a brand's mail.  Called once at start, by the composition root.

    make  returns a mailer set up for a brand; called for each mail, so that a changed route counts at once
    """
    _makers[:] = [make]


def relayed_by(relay: Callable[[BrandId], str]) -> None:
    """Say which recipient of the policy stands between us and the receivers' hosts.  Called once at start.

    relay  returns its id for a brand, or an empty text where mail goes straight to the receiver's own host
    """
    _relays[:] = [relay]


def relay_of(brand: BrandId) -> str:
    """Return the recipient who sees a brand's mail on its way, or an empty text."""
    return next((relay(brand) for relay in _relays), "")


def hand_over(letter: Letter, *, brand: BrandId) -> Outcome:
    """Give one letter to the brand's mailer and return its answer.

    Raises RuntimeError inside a transaction, LookupError if nobody carries mail, NoPackage if a relay would
    see what the disclosure gate did not let out for it.
    """
    assert_outside()
    if not _makers:
        raise LookupError("no mailer was set up")
    mailer = _makers[0](brand)
    demand(mailer.manifest, letter.package, recipient=relay_of(brand))
    return mailer.hand_over(letter)
