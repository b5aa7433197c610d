"""Asking registries about tax numbers, and which are set up here."""

from __future__ import annotations

from collections.abc import Callable

from hostkeep.drivers.packages import Package, demand
from hostkeep.drivers.tax_numbers import Answer, NumberAsk, TaxNumbers
from hostkeep.runtime.transactions import assert_outside

_make: list[Callable[[str], TaxNumbers | None]] = []


def carry_with(make: Callable[[str], TaxNumbers | None]) -> None:
    """Say how a registry is made ready: make(name) -> driver, or None where it is not set up here.

    Called once at start by the composition root; tests hand in their own.
    """
    _make[:] = [make]


def registry_for(name: str) -> TaxNumbers | None:
    """Return the registry of a name, or None where none is set up here."""
    return next((found for make in _make if (found := make(name)) is not None), None) if name else None


def look_up(registry: TaxNumbers, *, prefix: str, requester: str, package: Package | None) -> Answer:
    """Ask a registry about the number in a package.  Never inside a transaction.  Raises NoPackage.

    prefix, requester  as in NumberAsk
    """
    assert_outside()
    demand(registry.manifest, package)
    return registry.look_up(NumberAsk(prefix, requester, package))
