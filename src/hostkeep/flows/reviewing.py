"""A person looks at an order that the check of its payment held back: it is built, or its money goes back.

The word is written down with an event; a worker does what follows from it, again and again until it is done.
"""

from __future__ import annotations

from uuid import UUID, uuid5

import structlog

from hostkeep.billing.actions import qualifying as actions
from hostkeep.billing.events import InvoicePaid, OrderReviewed
from hostkeep.billing.queries.qualifying import Brought, CheckRow, brought_by, check_by_id
from hostkeep.billing.queries.refunds import refund_by_once, room_of
from hostkeep.flows import activation
from hostkeep.flows.notices import write_to
from hostkeep.flows.refunding import refund_payment
from hostkeep.flows.taking_back import take_back
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, PurposeId
from hostkeep.provisioning.actions.asking import end_when_idle
from hostkeep.provisioning.queries import services_billed_by

log = structlog.get_logger()

BILLING = PurposeId("billing")
SERVICE = PurposeId("service")


def let_through(act: Act, *, check: UUID) -> None:
    """Say, as a person, that an order is sound: it is built.

    Raises NoSuchCheck, CheckDecided, NotForPrograms.
    """
    actions.let_through(act, check=check)


def refuse(act: Act, *, check: UUID) -> None:
    """Say, as a person, that an order is refused for good: its services end, its money goes back.

    Raises NoSuchCheck, CheckDecided, NotForPrograms.
    """
    actions.refuse_order(act, check=check)


def on_order_reviewed(act: Act, event: OrderReviewed) -> None:
    """Do what a person said of an order.  Again: changes nothing."""
    row = check_by_id(event.check)
    under = act.of_brand(row.brand).in_role("system")
    if row.decision == "let_through":
        activation.on_invoice_paid(under, InvoicePaid(row.invoice, row.account))
    elif row.decision == "refused":
        _end(under, row)


def _end(act: Act, row: CheckRow) -> None:
    """End what was ordered, take its bill back and give the money back."""
    for service in services_billed_by(row.invoice):
        end_when_idle(act.for_purpose(SERVICE), service=service.id)
    note = take_back(act, invoice=row.invoice, once=f"unbuilt:{row.invoice}")
    for paid in brought_by(row.invoice):
        _give_back(act.for_purpose(BILLING), row, paid, note)
    about = {"order": row.order, "check": row.id}
    write_to(act, row.account, "order/refused", stream="billing", about=about)


def _give_back(act: Act, row: CheckRow, paid: Brought, note: InvoiceId | None) -> None:
    """Give what a payment brought to an order back the way it came, once.

    What the payer's bank took back meanwhile, or the account spent, is not given; staff see it as credit.
    """
    once = f"refused:{uuid5(row.id, str(paid.payment))}"
    _, room = room_of(paid.payment, brand=act.brand)
    amount = min(paid.applied, room.now, key=lambda each: each.minor)
    known = refund_by_once(once, gateway=paid.gateway, brand=act.brand) is not None
    if known or amount.minor <= 0:
        return
    refund_payment(act, payment_id=paid.payment, amount=amount, once=once, credit_note=note)
    log.info("order.given_back", check=str(row.id), trace=act.trace)
