"""Asking gateways for money, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from hostkeep.billing.rules.attempts import Begun
from hostkeep.drivers.packages import Package, demand
from hostkeep.drivers.payments import Charge, Closing, Outcome, PaymentGateway, StoredCharge, Storing, Unknown
from hostkeep.runtime.transactions import assert_outside


@dataclass(frozen=True, slots=True)
class Where:
    """Where a gateway sends people and messages.

    back  where the payer's browser returns; tell: where the call-back goes; absolute URLs
    shop  slug of the brand that asks
    """

    back: str
    tell: str
    shop: str


def charge(
    gateway: PaymentGateway, begun: Begun, *, where: Where, package: Package | None = None
) -> Outcome:
    """Ask a gateway for the amount of an attempt.

    package  what the disclosure gate let out for it, where its manifest says that it discloses something

    An attempt whose outcome is unknown is looked up and never charged again, and so is one that the gateway
    has a page for: whoever asks now may come back elsewhere than who asked first, and a gateway refuses one
    key for two wishes.  Unknown comes back only if the gateway could not tell either: ask again later.
    Raises NoPackage.
    """
    assert_outside()
    if begun.state == "unknown" or begun.handle:
        return look_up(gateway, once=begun.once, handle=begun.handle)
    demand(gateway.manifest, package)
    ask = Charge(
        begun.amount, once=begun.once, memo=begun.number, back=where.back, tell=where.tell, shop=where.shop,
        package=package,
    )  # fmt: skip
    outcome = gateway.charge(ask)
    return gateway.look_up(begun.once) if isinstance(outcome, Unknown) else outcome


def charge_stored(gateway: Storing, begun: Begun, *, token: str, where: Where) -> Outcome:
    """Charge a stored method for the amount of an attempt that was begun this moment.

    Unknown is not looked up at once: what is still on its way could not be seen yet.
    """
    assert_outside()
    ask = StoredCharge(
        begun.amount, once=begun.once, memo=begun.number, back=where.back, tell=where.tell, token=token,
        shop=where.shop,
    )  # fmt: skip
    return gateway.charge_stored(ask)


def look_up(gateway: PaymentGateway, *, once: str, handle: str = "") -> Outcome:
    """Ask a gateway what became of a charge.  Unknown if it does not answer.

    handle  the gateway's own id of it, where it told one
    """
    assert_outside()
    if handle:
        # A driver that told a handle takes it back, as the protocol says.
        return cast("Callable[[str, str], Outcome]", gateway.look_up)(once, handle)
    return gateway.look_up(once)


def can_close(gateway: PaymentGateway) -> bool:
    """Say whether a gateway can end a page that waits."""
    return "closing" in gateway.manifest.can


def close(gateway: PaymentGateway, *, once: str, handle: str) -> Outcome:
    """End the page of a charge that waits; tell how it stands then.  Declined: nothing can come of it."""
    assert_outside()
    return cast("Closing", gateway).close(once, handle)


def look_up_stored(gateway: Storing, *, once: str, token: str) -> Outcome:
    """Ask a gateway what became of a charge of a stored method.  Unknown if it does not answer."""
    assert_outside()
    return gateway.look_up_stored(once, token)
