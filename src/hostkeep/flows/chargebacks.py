"""Payments that a payer had their bank take back: a person must look at each, for a term runs at the bank."""

from __future__ import annotations

from hostkeep.audit.alarms import raise_with_deed
from hostkeep.audit.reading import is_raised
from hostkeep.billing.events import PaymentDisputed
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ClauseId, Ref

ALARM = "payment_disputed"


def on_payment_disputed(act: Act, event: PaymentDisputed) -> None:
    """Ring for staff, once an event: a worker that dies after it is given the event again."""
    about = Ref("billing.payment", event.payment)
    if not is_raised(ALARM, about, trace=act.trace):
        raise_with_deed(act, kind=ALARM, about=about, clause=ClauseId(""))
