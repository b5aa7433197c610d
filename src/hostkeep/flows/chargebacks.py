"""Payments that a payer had their bank take back: a person must look at each, for a term runs at the bank."""

from __future__ import annotations

from hostkeep.audit.alarms import raise_alarm
from hostkeep.billing.events import PaymentDisputed
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, Ref

ALARM = "payment_disputed"


def on_payment_disputed(act: Act, event: PaymentDisputed) -> None:
    """Ring for staff."""
    raise_alarm(act, kind=ALARM, about=Ref("billing.payment", event.payment), clause=ClauseId(""))
