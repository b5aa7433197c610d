"""Paying through a gateway: asking, and writing down what it told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID, uuid4

from hostkeep.audit.recorded import recorded
from hostkeep.billing.booking import Booked, Came, owed_on, receive
from hostkeep.billing.errors import AlreadyPaid, NoSuchInvoice, NoSuchPayment, WrongBrand
from hostkeep.billing.models import GatewayNotice, Invoice, PaymentAttempt
from hostkeep.billing.rules.attempts import TOLD, AttemptState, Begun, attempt_after
from hostkeep.drivers.payments import Declined, Notice, Outcome, Settled, Waiting
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref


@dataclass(frozen=True, slots=True)
class Told:
    """What a gateway's word led to.

    attempt  the attempt it spoke of; None where we never asked for that money
    state    how the attempt stands now
    booked   what became of the money, where some came
    news     what the audit names: the attempt, or the notice that told
    """

    attempt: UUID | None
    invoice: InvoiceId | None
    state: AttemptState
    booked: Booked | None
    news: Ref

    @property
    def ref(self) -> Ref:
        """What was told."""
        return self.news


@recorded("billing.payment.begun")
def begin_payment(act: Act, *, of: AccountId, invoice: InvoiceId, gateway: str) -> Begun:
    """Open an attempt to pay what is owed on an invoice, before the gateway is asked.

    gateway  one that the brand offers; the flow has checked it

    An open attempt for the same amount is given back instead, so that a second click asks for nothing new.
    Writes a PaymentAttempt.  Raises NoSuchInvoice, AlreadyPaid.
    """
    row = _locked(invoice, brand=act.brand)
    if row is None or row.account != of:
        raise NoSuchInvoice
    owed = owed_on(row)
    if owed.minor <= 0:
        raise AlreadyPaid(invoice=str(invoice))
    attempt = PaymentAttempt.objects.filter(
        invoice=row, gateway=gateway, minor=owed.minor, state__in=["waiting", "unknown"]
    ).first()
    if attempt is None:
        attempt = PaymentAttempt.objects.create(
            once=f"pay-{uuid4().hex}", brand=act.brand, invoice=row, gateway=gateway, minor=owed.minor,
            currency=row.currency, created_at=act.at,
        )  # fmt: skip
    state = cast("AttemptState", attempt.state)
    return Begun(attempt.id, attempt.once, gateway, owed, row.number, state)


@recorded("billing.payment.told")
def record_outcome(act: Act, *, attempt: UUID, outcome: Outcome) -> Told:
    """Write down what a gateway answered about an attempt, asked or charged.

    Settled writes a Payment as it came, its ledger entry and events; less than asked stays open on the
    invoice, more or another currency is the account's credit.  The rest changes the attempt's state alone.
    Safe to call twice and in any order.  Raises NoSuchPayment.
    """
    found = PaymentAttempt.objects.filter(id=attempt, brand=act.brand).first()
    if found is None:
        raise NoSuchPayment
    return _tell(act, found, outcome)


@recorded("billing.notice.taken")
def record_notice(act: Act, *, gateway: str, notice: Notice) -> Told:
    """Take a call-back whose signature held; keep of it what it means and nothing else.

    Twice the same event changes nothing.  Money for a key we never asked under is kept as an unmatched
    payment of the brand, for staff.  Raises WrongBrand (the key is another brand's; nothing is kept).
    """
    found = PaymentAttempt.objects.filter(once=notice.once, gateway=gateway).first()
    if found is not None and found.brand != act.brand:
        raise WrongBrand(gateway=gateway)
    GatewayNotice.objects.bulk_create([_kept(act, gateway, notice)], ignore_conflicts=True)
    kept = GatewayNotice.objects.only("id").get(gateway=gateway, event=notice.event)
    if found is not None:
        return replace(_tell(act, found, notice.outcome), news=Ref("billing.notice", kept.id))
    booked = None
    if isinstance(notice.outcome, Settled):
        came = Came(gateway, notice.outcome.proof, notice.outcome.amount)
        booked = receive(act, came, invoice=None)
    return Told(None, None, TOLD[type(notice.outcome)], booked, Ref("billing.notice", kept.id))


def _tell(act: Act, found: PaymentAttempt, outcome: Outcome) -> Told:
    """Bring an attempt and its invoice up to what a gateway said, under the invoice's lock."""
    invoice = _locked(InvoiceId(found.invoice_id), brand=act.brand)
    attempt = PaymentAttempt.objects.select_for_update().get(id=found.id)
    booked = None
    if isinstance(outcome, Settled) and invoice is not None:
        came = Came(attempt.gateway, outcome.proof, outcome.amount, attempt=attempt.id)
        booked = receive(act, came, invoice=invoice)
    state = attempt_after(cast("AttemptState", attempt.state), outcome)
    visit = outcome.visit or "" if isinstance(outcome, Waiting) else attempt.visit
    code = outcome.code[:16] if isinstance(outcome, Declined) and state == "declined" else attempt.code
    if (state, visit, code) != (attempt.state, attempt.visit, attempt.code):
        attempt.state, attempt.visit, attempt.code = state, visit, code
        attempt.save(update_fields=["state", "visit", "code"])
    where = InvoiceId(attempt.invoice_id)
    return Told(attempt.id, where, state, booked, Ref("billing.payment_attempt", attempt.id))


def _kept(act: Act, gateway: str, notice: Notice) -> GatewayNotice:
    """Cut a notice down to what is kept of it."""
    amount = notice.outcome.amount if isinstance(notice.outcome, Settled) else None
    word = TOLD[type(notice.outcome)]
    said = f"{word}:{notice.outcome.code}" if isinstance(notice.outcome, Declined) else word
    return GatewayNotice(
        gateway=gateway, event=notice.event, brand=act.brand, once=notice.once, outcome=said[:32],
        minor=amount.minor if amount else None, currency=amount.currency.code if amount else "", at=act.at,
    )  # fmt: skip


def _locked(invoice: InvoiceId, *, brand: str) -> Invoice | None:
    """Return an invoice of a brand, its row locked to the end of the transaction."""
    return Invoice.objects.select_for_update().filter(id=invoice, brand=brand).first()
