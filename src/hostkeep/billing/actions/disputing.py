"""Payments that a payer had their bank take back, as the gateway tells of them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.billing.errors.payments import NoSuchPayment
from hostkeep.billing.events import PaymentDisputed
from hostkeep.billing.models import Dispute, Payment
from hostkeep.billing.rules import chart
from hostkeep.drivers.payments import Disputed
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, PaymentId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg, without_empty
from hostkeep.runtime.outbox import publish


@dataclass(frozen=True, slots=True)
class DisputeKept:
    """A dispute that is written down.  state: "open", "won" or "lost"."""

    id: UUID
    state: str

    @property
    def ref(self) -> Ref:
        """The dispute."""
        return Ref("billing.dispute", self.id)


@recorded("billing.dispute.told")
def record_dispute(act: Act, *, gateway: str, said: Disputed) -> DisputeKept:
    """Write down a dispute of a payment of act.brand, or how one ended; in whatever order news comes.

    What is disputed leaves the gateway's account and waits apart; won, it comes back; lost, it is a loss.
    Fees of the gateway are a cost.  The invoice stays as it was paid: whether to ask for the money anew (a
    debit note) is for staff to say.  Publishes PaymentDisputed once.
    Raises NoSuchPayment: the payment is not known here, or not yet.
    """
    known = Payment.objects.select_for_update().filter(gateway=gateway, proof=said.of, brand=act.brand)
    payment = known.first()
    if payment is None:
        raise NoSuchPayment
    row = Dispute.objects.filter(gateway=gateway, proof=said.proof).first() or _opened(act, payment, said)
    _fee_told(act, row, said)
    if row.state == "open" and said.state != "open":
        there = chart.gateway(act.brand, gateway) if said.state == "won" else chart.chargebacks(act.brand)
        amount = money(row.minor, row.currency)
        legs = [Leg(there, amount), Leg(chart.disputed(act.brand), -amount)]
        _post(act, row, f"dispute:{row.id}:{said.state}", legs)
        row.state, row.closed_at = said.state, act.at
        row.save(update_fields=["state", "closed_at"])
    return DisputeKept(row.id, row.state)


def _opened(act: Act, payment: Payment, said: Disputed) -> Dispute:
    """Write a dispute that is heard of for the first time, and set its money apart."""
    row = Dispute.objects.create(
        id=uuid4(), brand=act.brand, gateway=payment.gateway, proof=said.proof, payment=payment,
        minor=said.amount.minor, currency=said.amount.currency.code, opened_at=act.at,
    )  # fmt: skip
    source = Leg(chart.gateway(act.brand, payment.gateway), -said.amount)
    _post(act, row, f"dispute:{row.id}", [Leg(chart.disputed(act.brand), said.amount), source])
    if payment.account is not None:
        publish(act, PaymentDisputed(PaymentId(payment.id), AccountId(payment.account)))
    return row


def _fee_told(act: Act, row: Dispute, said: Disputed) -> None:
    """Book what the gateway keeps for a dispute beyond what was booked before, or gives back of it once won.

    News that is older than the end, or tells of no fee, takes nothing back.
    """
    fee = said.fee
    more = Money(fee - row.fee_minor, money(row.minor, row.currency).currency)
    is_old = row.state == "won" and said.state != "won"
    if not more.minor or is_old or (more.minor < 0 and said.state != "won"):
        return
    legs = [Leg(chart.fees(act.brand), more), Leg(chart.gateway(act.brand, row.gateway), -more)]
    _post(act, row, f"dispute:{row.id}:fee:{row.fee_minor}-{fee}", legs)
    row.fee_minor = fee
    row.save(update_fields=["fee_minor"])


def _post(act: Act, row: Dispute, key: str, legs: list[Leg]) -> None:
    """Book an entry about a dispute."""
    book.post(act, key=key, about=Ref("billing.dispute", row.id), postings=without_empty(legs))
