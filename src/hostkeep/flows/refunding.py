"""Giving money back: out of an account's credit, the way it came, and finding out what became of it.

The gateway is asked between two transactions: one takes the money from the credit and writes the refund
down, one writes down the answer.  A process that dies in between leaves an open refund, which is looked up,
never asked anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from hostkeep.audit.rounds import go_through
from hostkeep.billing import turns
from hostkeep.billing.actions.refunding import RefundBegun, RefundTold, begin_refund, record_refund
from hostkeep.billing.calls import refunding as calls
from hostkeep.billing.calls.gateways import gateway_for
from hostkeep.billing.errors.gateways import GatewayNotOffered
from hostkeep.billing.errors.refunds import BadProof, RefundDecided
from hostkeep.billing.queries import refunds
from hostkeep.billing.queries.payments import PaymentRow, payment
from hostkeep.billing.queries.refunds import RefundRow
from hostkeep.billing.rules.refunding import Room, proof_fault
from hostkeep.brands.queries import brand
from hostkeep.drivers.payments import Declined, Outcome, Settled
from hostkeep.flows.paying import PATIENCE, links_at
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, PaymentId, PurposeId
from hostkeep.kernel.money import Money

log = structlog.get_logger()

BILLING = PurposeId("billing")

GIVEN_UP = timedelta(days=90)
"""How long an open refund is asked about.  A bank may take weeks; then it is for staff to look."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What giving a payment back would come to, before anything is done.

    room     how much could go back, and how much only after a credit note
    by_hand  whether staff move the money themselves, for its gateway does not
    before   what was given back of it so far
    notes    number and id of the credit notes of what it paid, newest first: a refund may follow one
    """

    payment: PaymentRow
    account: AccountId
    room: Room
    by_hand: bool
    before: Sequence[RefundRow]
    notes: Sequence[tuple[str, InvoiceId]]


def preview(act: Act, *, payment_id: PaymentId) -> Preview:
    """Say how much of a payment of act.brand could go back, and do nothing.  Raises NoSuchPayment."""
    account, room = refunds.room_of(payment_id, brand=act.brand)
    row = payment(payment_id, brand=act.brand)
    before = refunds.refunds_of_payment(payment_id)
    notes = refunds.notes_of_payment(payment_id)
    by_hand = not _gives_back(row.gateway, act.brand)
    return Preview(row, account, room, by_hand=by_hand, before=before, notes=notes)


def refund_payment(
    act: Act, *, payment_id: PaymentId, amount: Money, once: str, credit_note: InvoiceId | None = None
) -> RefundRow:
    """Give money back the way a payment of act.brand came, out of its account's credit, once a key.

    Where the gateway gives nothing back by itself, the refund waits until staff confirm what they did.
    Raises NoSuchPayment, RefundTooMuch, NotEnoughCredit, RefundDiffers.
    """
    begun = begin_refund(act, payment=payment_id, amount=amount, once=once, credit_note=credit_note)
    return ask_for(act, begun)


def ask_for(act: Act, begun: RefundBegun) -> RefundRow:
    """Ask the gateway of a refund of act.brand that was begun this moment, and write down what it told.

    One that the same key had begun before is only looked up, by the sweep.
    """
    if not begun.again and _gives_back(begun.gateway, act.brand):
        tell = links_at(brand(act.brand).host).tell(begun.gateway)
        driver = gateway_for(begun.gateway, act.brand)
        outcome = calls.refund(
            driver, of=begun.of, amount=begun.amount, once=begun.once, tell=tell, shop=act.brand
        )
        told = record_refund(act, refund=begun.id, outcome=outcome)
        asked = str(begun.id)
        log.info("refund.asked", refund=asked, gateway=begun.gateway, state=told.state, trace=act.trace)
    return refunds.refund(begun.id, brand=act.brand)


def confirm_by_hand(act: Act, *, refund: UUID, proof: str) -> RefundTold:
    """Write down that staff gave the money back themselves.  proof: the bank's own id of the transfer.

    Raises NoSuchRefund, RefundDecided (also where it is the gateway that tells), BadProof.
    """
    row = _by_hand(act, refund)
    fault = proof_fault(proof)
    if fault is not None:
        raise BadProof(why=fault)
    return record_refund(act, refund=row.id, outcome=Settled(proof, row.amount))


def give_up_by_hand(act: Act, *, refund: UUID) -> RefundTold:
    """Write down that staff did not give the money back after all: it is credit again.

    Raises NoSuchRefund, RefundDecided (also where it is the gateway that tells).
    """
    return record_refund(act, refund=_by_hand(act, refund).id, outcome=Declined("cancelled"))


def refund_row(act: Act, *, refund: UUID) -> RefundRow:
    """Return one refund of act.brand.  Raises NoSuchRefund."""
    return refunds.refund(refund, brand=act.brand)


def on_told(act: Act, *, gateway: str, once: str) -> bool:
    """Ask a gateway what became of a refund, since it said that something did; say whether it is ours.

    The message itself is not believed.  That the gateway knows of none yet says nothing so early.
    """
    row = refunds.refund_by_once(once, gateway=gateway, brand=act.brand)
    if row is None:
        return False
    outcome = calls.look_up_refund(gateway_for(gateway, act.brand), once=row.once, of=row.of)
    if outcome != Declined("never_asked"):
        record_refund(act, refund=row.id, outcome=outcome)
    return True


def look_up_due(act: Act) -> int:
    """Ask what became of refunds of which nobody told; return how many were asked about.

    One that a gateway never heard of is given up and is credit again: staff see it and may begin another.
    One gateway that does not answer does not stop the next.
    """
    giving = [each for each in refunds.refunding_gateways() if _gives_back(*each)]
    found = refunds.open_refunds(after=act.at - GIVEN_UP, before=act.at - PATIENCE, of=giving)
    turns.refunds_asked([row.id for row in found], act.at)
    asked = go_through(
        act, found, lambda row: _look_up(act.of_brand(row.brand).for_purpose(BILLING), row),
        event="refund.not_asked", about=lambda row: row.id,
    )  # fmt: skip
    return sum(asked)


def _look_up(act: Act, row: RefundRow) -> bool:
    """Look a refund up and write down what its gateway told; say whether there is anybody to ask."""
    if not _gives_back(row.gateway, row.brand):
        return False
    driver = gateway_for(row.gateway, row.brand)
    outcome: Outcome = calls.look_up_refund(driver, once=row.once, of=row.of)
    record_refund(act, refund=row.id, outcome=outcome)
    return True


def _by_hand(act: Act, refund: UUID) -> RefundRow:
    """Return a refund that waits for staff.  Raises NoSuchRefund, RefundDecided."""
    row = refunds.refund(refund, brand=act.brand)
    if row.state not in {"waiting", "unknown"} or _gives_back(row.gateway, act.brand):
        raise RefundDecided(refund=str(refund))
    return row


def _gives_back(gateway: str, shop: BrandId) -> bool:
    """Say whether a brand's gateway gives money back by itself; one that is not set up any more does not."""
    try:
        return calls.can_refund(gateway_for(gateway, shop))
    except GatewayNotOffered:
        return False
