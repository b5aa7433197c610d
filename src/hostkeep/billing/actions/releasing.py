"""Taking a match back: a transfer is nobody's again, and what it had paid is owed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from hostkeep.audit.recorded import recorded
from hostkeep.billing import agenda
from hostkeep.billing.errors.payments import CannotRelease, NoSuchPayment
from hostkeep.billing.models import Allocation, CreditEntry, Invoice, Payment, Refund
from hostkeep.billing.rules import chart
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, PaymentId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.ledger import book
from hostkeep.ledger.errors import NotCovered
from hostkeep.ledger.rules import Leg, without_empty


@dataclass(frozen=True, slots=True)
class Released:
    """A payment that is nobody's now.

    invoices  documents that are owed again by what had gone on them
    again     whether it was nobody's before; then nothing was done now
    """

    payment: PaymentId
    invoices: tuple[InvoiceId, ...]
    again: bool

    @property
    def ref(self) -> Ref:
        """The payment."""
        return Ref("billing.payment", self.payment)


@recorded("billing.payment.released")
def release_payment(act: Act, *, payment: PaymentId) -> Released:
    """Take back that a bank transfer of act.brand was for an invoice, whoever or whatever had said so.

    What went on documents is owed on them again; what was left over is taken from the account's credit.  Both
    by a new ledger entry: the money is unmatched.  What the payment started is not undone: services run, and
    the calendar of reminders looks at the documents anew.

    Raises NoSuchPayment, CannotRelease (facts["why"]): "gateway", "top_up", "refunded", "spent".
    """
    row = _locked(act, payment)
    if row.account is None:
        return Released(payment, (), again=True)
    _demand_releasable(row)
    parts = list(Allocation.objects.filter(payment=row).order_by("id"))
    account, came = AccountId(row.account), money(row.minor, row.currency)
    applied = money(sum(part.minor for part in parts), row.currency)
    _book(act, row, account, came, applied)
    row.account, row.matched_at, row.turns = None, None, row.turns + 1
    row.save(update_fields=["account", "matched_at", "turns"])
    Allocation.objects.filter(payment=row).delete()
    invoices = tuple(InvoiceId(part.invoice_id) for part in parts)
    for invoice in invoices:
        agenda.enlist(invoice, at=act.at)
        agenda.look_now(act.at, invoice=invoice)
    return Released(payment, invoices, again=False)


def _locked(act: Act, payment: PaymentId) -> Payment:
    """Lock what the payment went on and then the payment, in the order of whoever matches.

    A match may come between the two, on a document that is not locked then.  All is let go and begun anew:
    who locks a document after the payment waits in a ring with who matches.
    Raises NoSuchPayment.
    """
    while True:
        on = _gone_on(payment)
        with transaction.atomic():
            list(Invoice.objects.select_for_update().filter(id__in=on, brand=act.brand).order_by("id"))
            row = Payment.objects.select_for_update().filter(id=payment, brand=act.brand).first()
            if row is None:
                raise NoSuchPayment
            if _gone_on(payment) <= on:
                return row
            transaction.set_rollback(True)


def _gone_on(payment: PaymentId) -> set[UUID]:
    """Return the documents that a payment went on."""
    return set(Allocation.objects.filter(payment=payment).values_list("invoice", flat=True))


def _demand_releasable(row: Payment) -> None:
    """Refuse what is no transfer, what was put in as credit, and what went back.  Raises CannotRelease."""
    if row.gateway != chart.BANK:
        raise CannotRelease(why="gateway")
    if CreditEntry.objects.filter(once=f"top_up:{row.id}").exists():
        raise CannotRelease(why="top_up")
    back = Refund.objects.filter(payment=row).exclude(state="declined").aggregate(sum=Sum("minor"))["sum"]
    if back:
        raise CannotRelease(why="refunded")


def _book(act: Act, row: Payment, account: AccountId, came: Money, applied: Money) -> None:
    """Book that the money is nobody's; of its credit no more than there is.  Raises CannotRelease."""
    code, rest = chart.credit(account), came - applied
    legs = [
        Leg(chart.receivable(account), applied), Leg(code, rest), Leg(chart.unmatched(act.brand), -came),
    ]  # fmt: skip
    key, about = f"release:{row.id}:{row.turns + 1}", Ref("billing.payment", row.id)
    floors = {code: rest.times(0)} if rest.minor else {}
    try:
        book.post_covered(act, key=key, about=about, postings=without_empty(legs), floors=floors)
    except NotCovered:
        raise CannotRelease(why="spent") from None
