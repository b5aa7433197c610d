"""Money that goes back the way it came: begun, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.billing import purse
from hostkeep.billing.errors.payments import NoSuchPayment
from hostkeep.billing.errors.refunds import BadProof, NoSuchRefund, RefundDiffers, RefundTooMuch
from hostkeep.billing.models import Invoice, Payment, Refund
from hostkeep.billing.purse import Move
from hostkeep.billing.queries.refunds import left_to_refund
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.attempts import AttemptState, attempt_after
from hostkeep.drivers.payments import Declined, Outcome, Settled
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, PaymentId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.ledger import book
from hostkeep.ledger.rules import Leg


@dataclass(frozen=True, slots=True)
class RefundBegun:
    """A refund that is under way.

    once   the key to ask the gateway under; of: the proof of the payment that brought the money
    again  whether the same key had begun it before; then nobody is asked anew
    """

    id: UUID
    once: str
    gateway: str
    of: str
    amount: Money
    state: AttemptState
    again: bool

    @property
    def ref(self) -> Ref:
        """The refund."""
        return Ref("billing.refund", self.id)


@dataclass(frozen=True, slots=True)
class RefundTold:
    """What became of a refund."""

    id: UUID
    state: AttemptState

    @property
    def ref(self) -> Ref:
        """The refund."""
        return Ref("billing.refund", self.id)


@recorded("billing.refund.begun")
def begin_refund(
    act: Act, *, payment: PaymentId, amount: Money, once: str, credit_note: InvoiceId | None = None
) -> RefundBegun:
    """Take money from an account's credit to give it back the way a payment of act.brand came.

    amount       more than nothing, at most what is left of the payment and what the account holds
    once         idempotency key, at most 64 ASCII characters
    credit_note  the document it follows, of the same account, or None where credit is paid out

    Writes a Refund, a CreditEntry and a ledger entry: the money is under way until the gateway, or staff who
    did it by hand, tell what became of it.
    Raises NoSuchPayment (none of this brand, or nobody's yet), RefundTooMuch, NotEnoughCredit, RefundDiffers.
    """
    row = Payment.objects.select_for_update().filter(id=payment, brand=act.brand).first()
    if row is None or row.account is None:
        raise NoSuchPayment
    if known := Refund.objects.filter(once=once).first():
        return _again(known, row, amount)
    left = left_to_refund(row)
    if amount.currency != left.currency or not 0 < amount.minor <= left.minor:
        raise RefundTooMuch(left=max(0, left.minor), currency=left.currency.code)
    if credit_note and not _is_note_of(row, credit_note):
        raise NoSuchPayment
    made = Refund.objects.create(
        id=uuid4(), once=once, brand=act.brand, account=row.account, payment=row, credit_note_id=credit_note,
        gateway=row.gateway, minor=amount.minor, currency=row.currency, created_at=act.at,
    )  # fmt: skip
    _take(act, made, f"refund:{made.id}")
    return RefundBegun(made.id, once, row.gateway, row.proof, amount, "waiting", again=False)


@recorded("billing.refund.told")
def record_refund(act: Act, *, refund: UUID, outcome: Outcome) -> RefundTold:
    """Write down what became of a refund of act.brand, as the gateway or staff tell; in whatever order.

    Settled: the money has left the gateway.  Declined: it is the account's credit again.  A refund that was
    declined first and is settled after all takes from the credit once more.  One that was settled and failed
    after all is at the gateway again and the account's credit.
    Source: Stripe, "Refunds": one may fail after it was shown as succeeded, and is then given back to us.
    Raises NoSuchRefund, RefundDiffers (another amount was given back), NotEnoughCredit (of the late one),
    BadProof (the proof is another refund's).
    """
    found = Refund.objects.filter(id=refund, brand=act.brand).values_list("payment_id", flat=True).first()
    if found is None:
        raise NoSuchRefund
    # First the payment, as whoever begins a refund of it does: two deeds never wait for one another.
    Payment.objects.select_for_update().get(id=found)
    row = Refund.objects.select_for_update().get(id=refund)
    before = row.state
    # Old news of a refund that had expired or was never asked for does not undo what is settled since.
    failed = before == "settled" and isinstance(outcome, Declined) and outcome.code == "refused"
    state = "declined" if failed else attempt_after(cast("AttemptState", before), outcome)
    if isinstance(outcome, Settled) and outcome.amount != money(row.minor, row.currency):
        raise RefundDiffers(refund=str(row.id))
    if state == before:
        return RefundTold(row.id, state)
    row.state = state
    if isinstance(outcome, Settled):
        others = Refund.objects.filter(gateway=row.gateway, proof=outcome.proof[:140]).exclude(id=row.id)
        if others.exists():
            raise BadProof(why="used")
        row.proof, row.settled_at, row.code = outcome.proof[:140], act.at, ""
        _left_the_house(act, row, was_declined=before == "declined")
    elif isinstance(outcome, Declined):
        row.code = outcome.code[:16]
        if failed:
            row.settled_at = None
            _is_there_again(act, row)
        _came_back(act, row, f"refund:{row.id}:{'failed' if failed else 'back'}")
    row.save(update_fields=["state", "code", "proof", "settled_at"])
    return RefundTold(row.id, state)


def _again(known: Refund, row: Payment, amount: Money) -> RefundBegun:
    """Answer for a key that was used before, if it was used for the same."""
    if known.payment_id != row.id or money(known.minor, known.currency) != amount:
        raise RefundDiffers(refund=str(known.id))
    state = cast("AttemptState", known.state)
    return RefundBegun(known.id, known.once, known.gateway, row.proof, amount, state, again=True)


def _is_note_of(row: Payment, note: InvoiceId) -> bool:
    """Say whether a document is a credit note of the payment's account."""
    found = Invoice.objects.filter(id=note, brand=row.brand, kind="credit_note")
    return found.values_list("account", flat=True).first() == row.account


def _take(act: Act, row: Refund, once: str) -> None:
    """Take what is given back from its account's credit.  Raises NotEnoughCredit."""
    account = AccountId(row.account)
    under_way = chart.refunding(purse.books_for(act, account))
    wanted = Move(account, -money(row.minor, row.currency), "paid_out", once, row.id)
    purse.move(act, wanted, against=under_way)


def _left_the_house(act: Act, row: Refund, *, was_declined: bool) -> None:
    """Book that the money has left the gateway."""
    if was_declined:
        _take(act, row, f"refund:{row.id}:late")
    books = purse.books_for(act, AccountId(row.account))
    amount = money(row.minor, row.currency)
    legs = [Leg(chart.refunding(books), amount), Leg(chart.gateway(books, row.gateway), -amount)]
    key = f"refund:{row.id}:late" if was_declined else f"refund:{row.id}"
    book.post(act, key=key, about=Ref("billing.refund", row.id), postings=legs)


def _is_there_again(act: Act, row: Refund) -> None:
    """Book that money which had left the gateway is there again."""
    books, amount = purse.books_for(act, AccountId(row.account)), money(row.minor, row.currency)
    legs = [Leg(chart.gateway(books, row.gateway), amount), Leg(chart.refunding(books), -amount)]
    book.post(act, key=f"refund:{row.id}:failed", about=Ref("billing.refund", row.id), postings=legs)


def _came_back(act: Act, row: Refund, once: str) -> None:
    """Make what was under way the account's credit again."""
    account = AccountId(row.account)
    under_way = chart.refunding(purse.books_for(act, account))
    wanted = Move(account, money(row.minor, row.currency), "returned", once, row.id)
    purse.move(act, wanted, against=under_way)
