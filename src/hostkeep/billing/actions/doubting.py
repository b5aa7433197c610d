"""Transfers of which nobody could tell whether they are booked: what a person says of them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.billing.bank_ids import hand_ids_on
from hostkeep.billing.errors.payments import DoubtDecided, NoSuchPayment
from hostkeep.billing.models import Doubt, Payment
from hostkeep.billing.rules.doubting import DoubtState
from hostkeep.billing.transfers import Transfer, write_down
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PaymentId, Ref
from hostkeep.kernel.money import money


@dataclass(frozen=True, slots=True)
class Decided:
    """What was said of a transfer in doubt.

    payment  the one that it is
    number   of the invoice that it went on when it was booked now; else empty
    again    whether it had been said before; then nothing was done now
    """

    id: UUID
    payment: PaymentId
    number: str
    again: bool

    @property
    def ref(self) -> Ref:
        """What was in doubt."""
        return Ref("billing.doubt", self.id)


@recorded("billing.doubt.same")
def call_same(act: Act, *, doubt: UUID) -> Decided:
    """Say that money in doubt came once: it is the payment that is booked, and known as such from now on.

    Raises NoSuchPayment, DoubtDecided.
    """
    row = _held(act, doubt)
    if row.state != "waiting":
        return _again(row, "same")
    hand_ids_on(row, row.payment)
    return _decide(act, row, "same", row.payment)


@recorded("billing.doubt.second")
def book_second(act: Act, *, doubt: UUID) -> Decided:
    """Say that money in doubt came beside the payment that is booked, and book it, as its reference has it.

    Raises NoSuchPayment, DoubtDecided, PaymentDiffers.
    """
    row = _held(act, doubt)
    if row.state != "waiting":
        return _again(row, "second")
    said = frozenset({row.reference} if row.reference else ())
    came = Transfer(row.gateway, row.proof, money(row.minor, row.currency), row.booked_on, said)
    receipt = write_down(act, came)
    fresh = Payment.objects.get(id=receipt.booked.payment)
    hand_ids_on(row, fresh)
    return _decide(act, row, "second", fresh, number=receipt.number)


def _held(act: Act, doubt: UUID) -> Doubt:
    """Return what is in doubt at act.brand, locked.  Raises NoSuchPayment."""
    found = Doubt.objects.select_for_update(of=("self",)).select_related("payment")
    row = found.filter(id=doubt, brand=act.brand).first()
    if row is None:
        raise NoSuchPayment
    return row


def _again(row: Doubt, said: DoubtState) -> Decided:
    """Answer for what was decided before.  Raises DoubtDecided where it was decided otherwise."""
    if row.state != said:
        raise DoubtDecided(state=row.state)
    return Decided(row.id, PaymentId(row.payment_id), "", again=True)


def _decide(act: Act, row: Doubt, said: DoubtState, payment: Payment, *, number: str = "") -> Decided:
    """Write down what was said."""
    row.state, row.payment, row.decided_at = said, payment, act.at
    row.save(update_fields=["state", "payment", "decided_at"])
    return Decided(row.id, PaymentId(payment.id), number, again=False)
