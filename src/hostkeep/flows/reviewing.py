"""A person looks at an order that the check of its payment held back: it is built, or its money goes back.

The word is written down with an event; a worker does what follows from it, again and again until it is done.
"""

from __future__ import annotations

from uuid import UUID, uuid5

import structlog

from hostkeep.billing.actions import qualifying as actions
from hostkeep.billing.actions.refunding import RefundBegun, begin_refund
from hostkeep.billing.events import InvoicePaid, OrderReviewed
from hostkeep.billing.queries.qualifying import Brought, CheckRow, brought_by, check_by_id
from hostkeep.billing.queries.refunds import refund_by_once, room_of
from hostkeep.flows import activation
from hostkeep.flows.notices import write_to
from hostkeep.flows.refunding import ask_for
from hostkeep.flows.taking_back import take_back
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, PurposeId
from hostkeep.provisioning.actions.asking import end_when_idle
from hostkeep.provisioning.queries import services_billed_by
from hostkeep.runtime.deeds import deed

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
    with deed():  # one: nothing else spends the credit that the note makes before it is on its way back
        note = take_back(act, invoice=row.invoice, once=f"unbuilt:{row.invoice}")
        begun = [_begin(act.for_purpose(BILLING), row, paid, note) for paid in brought_by(row.invoice)]
    for each in begun:
        if each is not None:
            ask_for(act.for_purpose(BILLING), each)
            log.info("order.given_back", check=str(row.id), trace=act.trace)
    about = {"order": row.order, "check": row.id}
    write_to(act, row.account, "order/refused", stream="billing", about=about)


def _begin(act: Act, row: CheckRow, paid: Brought, note: InvoiceId | None) -> RefundBegun | None:
    """Take what a payment brought to an order out of its account's credit, to go back the way it came, once.

    What the payer's bank took back meanwhile is not given; staff see it as credit.
    """
    once = f"refused:{uuid5(row.id, str(paid.payment))}"
    _, room = room_of(paid.payment, brand=act.brand)
    amount = min(paid.applied, room.now, key=lambda each: each.minor)
    known = refund_by_once(once, gateway=paid.gateway, brand=act.brand) is not None
    if known or amount.minor <= 0:
        return None
    return begin_refund(act, payment=paid.payment, amount=amount, once=once, credit_note=note)
