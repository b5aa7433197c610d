"""Asking gateways to give money back, and what became of it."""

from __future__ import annotations

from typing import cast

from hostkeep.billing.errors.gateways import GatewayCannot
from hostkeep.drivers.payments import Outcome, PaymentGateway, RefundAsk, Refunds, Unknown
from hostkeep.kernel.money import Money
from hostkeep.runtime.transactions import assert_outside

REFUNDS = "refunds"


def can_refund(gateway: PaymentGateway) -> bool:
    """Say whether a gateway gives money back by itself; else staff do it by hand."""
    return REFUNDS in gateway.manifest.can


def refund(
    gateway: PaymentGateway, *, of: str, amount: Money, once: str, tell: str, shop: str
) -> Outcome:
    """Ask a gateway to give money back the way it came.

    of    the proof of the payment that brought it; once: idempotency key, at most 64 ASCII characters
    tell  where the call-back goes, an absolute URL; shop: slug of the brand

    Settled: its proof is the gateway's id of the refund.  Waiting: the bank takes its time.  Declined:
    nothing moved.  Unknown: the line broke and the refund may be under way; look it up, never ask anew under
    another key.  Raises GatewayCannot.
    """
    driver = _refunding(gateway)
    outcome = driver.refund(RefundAsk(of=of, amount=amount, once=once, tell=tell, shop=shop))
    # A second look at once tells what a lost answer said; what is still on its way stays unknown.
    seen = driver.look_up_refund(once, of) if isinstance(outcome, Unknown) else outcome
    return outcome if isinstance(outcome, Unknown) and not _is_there(seen) else seen


def look_up_refund(gateway: PaymentGateway, *, once: str, of: str) -> Outcome:
    """Ask a gateway what became of a refund.  Unknown if it does not answer.

    of  the proof of the payment
    Declined("never_asked") counts only some minutes after it was asked: before, it may be on its way.
    Raises GatewayCannot.
    """
    return _refunding(gateway).look_up_refund(once, of)


def _refunding(gateway: PaymentGateway) -> Refunds:
    """Return a gateway as one that gives back, outside any transaction.  Raises GatewayCannot."""
    assert_outside()
    if not can_refund(gateway):
        raise GatewayCannot(gateway=gateway.manifest.name)
    return cast("Refunds", gateway)  # its manifest says so, and the exam holds it to that


def _is_there(seen: Outcome) -> bool:
    """Say whether a look found the refund."""
    return getattr(seen, "code", "") != "never_asked"
