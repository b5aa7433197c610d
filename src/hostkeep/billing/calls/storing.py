"""Asking gateways to keep a method, what became of it, and letting go of it."""

from __future__ import annotations

from typing import cast

from hostkeep.billing.errors.gateways import GatewayCannot
from hostkeep.drivers.packages import Package, demand
from hostkeep.drivers.payments import KeepAsk, Keeping, PaymentGateway, Storing
from hostkeep.runtime.transactions import assert_outside

STORING = "storing"


def can_store(gateway: PaymentGateway) -> bool:
    """Say whether a gateway keeps methods."""
    return STORING in gateway.manifest.can


def storing(gateway: PaymentGateway) -> Storing:
    """Return a gateway as one that keeps methods.  Raises GatewayCannot."""
    if not can_store(gateway):
        raise GatewayCannot(gateway=gateway.manifest.name)
    return cast("Storing", gateway)  # its manifest says so, and the exam holds it to that


def keep(gateway: PaymentGateway, ask: KeepAsk, *, package: Package | None = None) -> Keeping:
    """Ask a gateway to keep a method; its owner leaves it on the gateway's page.

    Raises GatewayCannot, NoPackage.
    """
    assert_outside()
    demand(gateway.manifest, package)
    return storing(gateway).keep(ask)


def look_up_kept(gateway: PaymentGateway, *, once: str, handle: str) -> Keeping:
    """Ask what became of it.  Raises GatewayCannot."""
    assert_outside()
    return storing(gateway).look_up_kept(once, handle)


def forget(gateway: PaymentGateway, *, token: str) -> bool:
    """Let a gateway let go of a method; say whether it is gone there.  Raises GatewayCannot."""
    assert_outside()
    return storing(gateway).forget(token)
