"""Money in the bank that is nobody's: sent back, or put away."""

from __future__ import annotations

from dataclasses import dataclass

from hostkeep.audit.recorded import recorded
from hostkeep.billing.errors.payments import NoSuchPayment, SetAside
from hostkeep.billing.errors.refunds import BadProof
from hostkeep.billing.models import Payment, Refund
from hostkeep.billing.references import BACK, random_reference
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.aside import OPEN, WHYS, Aside, Why
from hostkeep.billing.rules.refunding import proof_fault
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import PaymentId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg


@dataclass(frozen=True, slots=True)
class Put:
    """How an unmatched payment stands.

    reference  what staff write on the transfer that sends it back, or empty
    again      whether it stood so before; then nothing was done now
    """

    payment: PaymentId
    aside: Aside
    reference: str
    again: bool

    @property
    def ref(self) -> Ref:
        """The payment."""
        return Ref("billing.payment", self.payment)


@recorded("billing.payment.going_back")
def begin_return(act: Act, *, payment: PaymentId, why: Why) -> Put:
    """Begin to send an unmatched transfer back; staff make the transfer at the bank, under our reference.

    The money is set apart in the ledger until a bank file, or staff, tell that it left.
    Raises NoSuchPayment, SetAside (it found its invoice, or is something else by now).
    """
    row = _unmatched(act, payment)
    if row.aside == "going":
        return Put(payment, "going", row.back_ref, again=True)
    _demand(row, *OPEN)
    row.back_ref = random_reference(BACK)
    _move(act, row, f"return:{row.back_ref}", chart.unmatched(act.brand), chart.refunding(act.brand))
    return _put(act, row, "going", _checked(why))


@recorded("billing.payment.sent_back")
def confirm_return(act: Act, *, payment: PaymentId, proof: str) -> Put:
    """Write down that a transfer was sent back.

    proof  the bank's own id of the transfer that did it
    Raises NoSuchPayment, SetAside, BadProof (no id, an account number, or one that stands for another).
    """
    fault = proof_fault(proof)
    if fault is not None:
        raise BadProof(why=fault)
    return _sent(act, payment, proof)


@recorded("billing.payment.seen_going")
def see_return(act: Act, *, payment: PaymentId, proof: str) -> Put:
    """Write down that a bank file shows the transfer that sent a payment back, by the reference it bears.

    proof  account and the bank's own id, as the file's reader gives it
    One that staff confirmed before is known.  Raises NoSuchPayment, SetAside, BadProof.
    """
    return _sent(act, payment, proof)


@recorded("billing.payment.kept")
def drop_return(act: Act, *, payment: PaymentId) -> Put:
    """Write down that a payment was not sent back after all: it waits for its invoice again.

    Raises NoSuchPayment, SetAside.
    """
    row = _unmatched(act, payment)
    if row.aside == "":
        return Put(payment, "", "", again=True)
    _demand(row, "going")
    _move(act, row, f"kept:{row.back_ref}", chart.refunding(act.brand), chart.unmatched(act.brand))
    row.back_ref = ""
    return _put(act, row, "", "")


@recorded("billing.payment.put_away")
def put_away(act: Act, *, payment: PaymentId, why: Why) -> Put:
    """Let an unmatched payment wait for nothing.  The money stays where it is, and may be matched yet.

    Raises NoSuchPayment, SetAside.
    """
    row = _unmatched(act, payment)
    if row.aside == "away":
        return Put(payment, "away", "", again=True)
    _demand(row, "")
    return _put(act, row, "away", _checked(why))


@recorded("billing.payment.taken_out")
def take_out(act: Act, *, payment: PaymentId) -> Put:
    """Let a payment that was put away wait for its invoice again.  Raises NoSuchPayment, SetAside."""
    row = _unmatched(act, payment)
    if row.aside == "":
        return Put(payment, "", "", again=True)
    _demand(row, "away")
    return _put(act, row, "", "")


def _sent(act: Act, payment: PaymentId, proof: str) -> Put:
    """Book that the money left the bank, once."""
    row = _unmatched(act, payment)
    if row.aside == "sent":
        return Put(payment, "sent", row.back_ref, again=True)
    _demand(row, "going")
    others = Payment.objects.filter(gateway=row.gateway, back_proof=proof).exclude(id=row.id)
    if others.exists() or Refund.objects.filter(gateway=row.gateway, proof=proof).exists():
        raise BadProof(why="used")
    bank = chart.gateway(act.brand, row.gateway)
    _move(act, row, f"sent:{row.back_ref}", chart.refunding(act.brand), bank)
    row.back_proof = proof
    return _put(act, row, "sent", row.aside_why)


def _unmatched(act: Act, payment: PaymentId) -> Payment:
    """Return an unmatched transfer of act.brand, locked.  Raises NoSuchPayment, SetAside."""
    row = Payment.objects.select_for_update().filter(id=payment, brand=act.brand).first()
    if row is None:
        raise NoSuchPayment
    if row.account is not None or row.gateway != chart.BANK:
        raise SetAside
    return row


def _demand(row: Payment, *stands: Aside) -> None:
    """Refuse a payment that stands otherwise.  Raises SetAside."""
    if row.aside not in stands:
        raise SetAside


def _checked(why: str) -> Why:
    """Return a reason that is one of ours.  Raises SetAside."""
    for each in WHYS:
        if each == why:
            return each
    raise SetAside


def _move(act: Act, row: Payment, key: str, source: str, to: str) -> None:
    """Book the whole of a payment from one account code of what we owe to another."""
    came: Money = money(row.minor, row.currency)
    about = Ref("billing.payment", row.id)
    book.post(act, key=key, about=about, postings=[Leg(source, came), Leg(to, -came)])


def _put(act: Act, row: Payment, aside: Aside, why: str) -> Put:
    """Write down how a payment stands."""
    row.aside, row.aside_why, row.aside_at = aside, why, act.at
    row.save(update_fields=["aside", "aside_why", "aside_at", "back_ref", "back_proof"])
    return Put(PaymentId(row.id), aside, row.back_ref, again=False)
