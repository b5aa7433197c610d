"""Taking a match back: a transfer is nobody's again, and what it had paid is owed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum

from hostkeep.audit.recorded import recorded
from hostkeep.billing import agenda
from hostkeep.billing.errors.payments import CannotRelease, NoSuchPayment
from hostkeep.billing.models import Allocation, CreditEntry, Invoice, Payment, Refund, TopUp
from hostkeep.billing.rules import chart
from hostkeep.billing.together import covered_by, uncover
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
    """Take back that a bank transfer of act.brand was for one invoice or several, whoever had said so.

    What went on documents is owed on them again; what was left over is taken from the account's credit.  Both
    by a new ledger entry: the money is unmatched.  What had paid several at once comes off all of them or off
    none: what it had put on each is credit again, and the whole is taken from there.  What the payment
    started is not undone: services run, an invoice that followed a proforma stands, and the calendar of
    reminders looks at the documents anew.

    Raises NoSuchPayment, CannotRelease (facts["why"]): "gateway", "top_up", "refunded", "spent".
    """
    row, top_up = _locked(act, payment)
    if row.account is None:
        return Released(payment, (), again=True)
    _demand_releasable(row, top_up)
    account, came = AccountId(row.account), money(row.minor, row.currency)
    together = covered_by(row, top_up) if top_up else []
    for each in together:
        uncover(act, account, each)
    parts = list(Allocation.objects.filter(payment=row).order_by("id"))
    applied = money(sum(part.minor for part in parts), row.currency)
    _book(act, row, account, came, applied)
    row.account, row.matched_at, row.turns = None, None, row.turns + 1
    row.save(update_fields=["account", "matched_at", "turns"])
    Allocation.objects.filter(payment=row).delete()
    if top_up is not None:
        _open_again(top_up)
    invoices = tuple(InvoiceId(part.invoice_id) for part in (*together, *parts))
    for invoice in invoices:
        agenda.enlist(invoice, at=act.at)
        agenda.look_now(act.at, invoice=invoice)
    return Released(payment, invoices, again=False)


def _locked(act: Act, payment: PaymentId) -> tuple[Payment, TopUp | None]:
    """Lock what the payment went on and then the payment, in the order of whoever matches.

    Before both the top-up for which it came, where it is meant for documents, as whoever pays it does.

    A match may come between the two, on a document that is not locked then.  All is let go and begun anew:
    who locks a document after the payment waits in a ring with who matches.
    Raises NoSuchPayment.
    """
    while True:
        with transaction.atomic():
            top_up = _meant(act, payment)
            on = _gone_on(payment, top_up)
            list(Invoice.objects.select_for_update().filter(id__in=on, brand=act.brand).order_by("id"))
            row = Payment.objects.select_for_update().filter(id=payment, brand=act.brand).first()
            if row is None:
                raise NoSuchPayment
            if _gone_on(payment, top_up) <= on:
                return row, top_up
            transaction.set_rollback(True)


def _meant(act: Act, payment: PaymentId) -> TopUp | None:
    """Return the top-up, meant for documents, that a transfer named and that was paid by it; locked."""
    named = Payment.objects.filter(id=payment, brand=act.brand, turns=0).exclude(reference="")
    found = TopUp.objects.select_for_update().filter(brand=act.brand, meant_for__isnull=False)
    return found.filter(reference__in=named.values("reference")).first()


def _gone_on(payment: PaymentId, top_up: TopUp | None) -> set[UUID]:
    """Return the documents that a payment went on."""
    found = set(Allocation.objects.filter(payment=payment).values_list("invoice", flat=True))
    if top_up is not None:
        found |= {part.invoice_id for part in covered_by(Payment.objects.get(id=payment), top_up)}
    return found


def _open_again(top_up: TopUp) -> None:
    """Let a locked top-up wait for its money again, unless other money came for it."""
    if not Payment.objects.filter(_came_for(top_up), account=top_up.account).exists():
        top_up.paid_at = None
        top_up.save(update_fields=["paid_at"])


def _came_for(top_up: TopUp) -> Q:
    """Return the condition under which money came for a top-up; what was released once did not."""
    return Q(attempt__top_up=top_up) | Q(brand=top_up.brand, reference=top_up.reference, turns=0)


def _demand_releasable(row: Payment, top_up: TopUp | None) -> None:
    """Refuse what is no transfer, what was put in as credit, and what went back.  Raises CannotRelease."""
    if row.gateway != chart.BANK:
        raise CannotRelease(why="gateway")
    put_in = CreditEntry.objects.filter(once=f"top_up:{row.id}")
    if top_up is None and not row.turns and put_in.exists():
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
