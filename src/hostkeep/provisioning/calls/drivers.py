"""Which drivers run services here, and how one is made ready."""

from __future__ import annotations

from collections.abc import Callable

from hostkeep.drivers.machines import Provisioner
from hostkeep.provisioning.errors import NoSuchDriver

MANUAL = "manual"

_make: list[Callable[[str], Provisioner | None]] = []


def carry_with(make: Callable[[str], Provisioner | None]) -> None:
    """Say how a driver is made ready: make(name) -> driver, or None where it is not set up here.

    Called once at start by the composition root; tests hand in their own.
    """
    _make[:] = [make]


def driver_for(name: str) -> Provisioner:
    """Return the driver of a name.  Raises NoSuchDriver."""
    for make in _make:
        driver = make(name)
        if driver is not None:
            return driver
    raise NoSuchDriver(driver=name)


def chosen(name: str) -> str:
    """Return the name itself where that driver is set up here, else "manual": staff can always do it."""
    return name if any(make(name) is not None for make in _make) else MANUAL
