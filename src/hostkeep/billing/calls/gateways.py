"""Which gateways are set up here, and how one is made ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hostkeep.billing.errors.gateways import GatewayNotOffered
from hostkeep.drivers.payments import PaymentGateway

_make: list[Callable[[str], PaymentGateway | None]] = []


def carry_with(make: Callable[[str], PaymentGateway | None]) -> None:
    """Say how a gateway is made ready: make(name) -> gateway, or None where it is not set up here.

    Called once at start by the composition root; tests hand in their own.
    """
    _make[:] = [make]


def is_ready(name: str) -> bool:
    """Tell whether a gateway is installed and set up here."""
    return any(make(name) is not None for make in _make)


def gateway_for(name: str) -> Any:
    """Return the gateway of a name: a PaymentGateway, and a StatementReader where it can read bank files.

    Raises GatewayNotOffered.
    """
    for make in _make:
        found = make(name)
        if found is not None:
            return found
    raise GatewayNotOffered(gateway=name)
