"""Asking gateways for money, and what became of it."""

from __future__ import annotations

from hostkeep.billing.rules.attempts import Begun
from hostkeep.drivers.packages import Package, demand
from hostkeep.drivers.payments import Charge, Outcome, PaymentGateway, Unknown
from hostkeep.runtime.transactions import assert_outside


def charge(
    gateway: PaymentGateway, begun: Begun, *, back: str, tell: str, package: Package | None = None
) -> Outcome:
    """Ask a gateway for the amount of an attempt.

    back     where the payer's browser returns; tell: where the call-back goes; absolute URLs
    package  what the disclosure gate let out for it, where its manifest says that it discloses something

    An attempt whose outcome is unknown is looked up and never charged again.  Unknown comes back only if the
    gateway could not tell either: ask again later.  Raises NoPackage.
    """
    assert_outside()
    if begun.state == "unknown":
        return gateway.look_up(begun.once)
    demand(gateway.manifest, package)
    ask = Charge(
        begun.amount, once=begun.once, memo=begun.number, back=back, tell=tell, package=package
    )
    outcome = gateway.charge(ask)
    return gateway.look_up(begun.once) if isinstance(outcome, Unknown) else outcome


def look_up(gateway: PaymentGateway, *, once: str) -> Outcome:
    """Ask a gateway what became of a charge.  Unknown if it does not answer."""
    assert_outside()
    return gateway.look_up(once)
