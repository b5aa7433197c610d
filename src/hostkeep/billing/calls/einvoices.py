"""Handing documents in to national systems of electronic invoices, and which are set up here."""

from __future__ import annotations

from collections.abc import Callable

from hostkeep.drivers.einvoices import EInvoiceAsk, ElectronicInvoices, Found, Handed
from hostkeep.drivers.packages import demand
from hostkeep.kernel.ids import BrandId
from hostkeep.runtime.transactions import assert_outside

_make: list[Callable[[BrandId], ElectronicInvoices | None]] = []


def carry_with(make: Callable[[BrandId], ElectronicInvoices | None]) -> None:
    """Say how a brand's system is made ready: make(brand) -> driver, or None where none is set up.

    Called once at start by the composition root; tests hand in their own.
    """
    _make[:] = [make]


def system_for(brand: BrandId) -> ElectronicInvoices | None:
    """Return the system that a brand hands its documents in to, or None."""
    return next((found for make in _make if (found := make(brand)) is not None), None)


def hand_in(system: ElectronicInvoices, ask: EInvoiceAsk) -> Handed:
    """Hand a document in.  Never inside a transaction.  Raises NoPackage."""
    assert_outside()
    demand(system.manifest, ask.package)
    return system.hand_in(ask)


def look_up(system: ElectronicInvoices, once: str) -> Found:
    """Ask what became of a key.  Never inside a transaction."""
    assert_outside()
    return system.look_up(once)
