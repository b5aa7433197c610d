"""Asking gateways where the card or account was issued that brought a payment."""

from __future__ import annotations

from typing import cast

from hostkeep.drivers.payments import Locating, PaymentGateway
from hostkeep.kernel.countries import COUNTRIES
from hostkeep.runtime.transactions import assert_outside

LOCATING = "locating"


def can_locate(gateway: PaymentGateway) -> bool:
    """Say whether a gateway knows where payments come from."""
    return LOCATING in gateway.manifest.can


def country_of(gateway: PaymentGateway, proof: str) -> str:
    """Return the country of a payment's card or account, or an empty text.  Never inside a transaction."""
    assert_outside()
    said = cast("Locating", gateway).country_of(proof) if can_locate(gateway) else ""
    return said if said in COUNTRIES else ""
