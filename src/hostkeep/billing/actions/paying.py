"""Paying through a gateway: asking, and writing down what it told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID, uuid4

from django.db.models import Q, QuerySet

from hostkeep.audit.recorded import recorded
from hostkeep.billing import inbox
from hostkeep.billing.booking import Booked, Came, Gone, gone_on, owed_on, receive
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice, Withdrawn
from hostkeep.billing.errors.gateways import NoSuchMethod
from hostkeep.billing.errors.payments import NoSuchPayment, PaymentDecided, WrongBrand
from hostkeep.billing.fulfilling import is_withdrawn
from hostkeep.billing.models import Allocation, Invoice, PaymentAttempt, StoredMethod, TopUp
from hostkeep.billing.queries.payments import meant_for
from hostkeep.billing.rules.attempts import GIVEN_UP, ON_THE_PAGE, TOLD, AttemptState, Begun, attempt_after
from hostkeep.drivers.payments import Declined, Notice, Outcome, Settled, Waiting
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref
from hostkeep.kernel.money import Money, money
from hostkeep.runtime.deeds import Statement, leave
from hostkeep.runtime.inserting import insert_last
from hostkeep.runtime.together import ask
from hostkeep.runtime.written import objects, objects_of, rows


@dataclass(frozen=True, slots=True)
class Told:
    """What a gateway's word led to.

    attempt  the attempt it spoke of; None where we never asked for that money
    invoice  what it pays; None where that is a top-up, or nothing
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
    Writes a PaymentAttempt.  Raises NoSuchInvoice, AlreadyPaid, Withdrawn.
    """
    found, gone, tried = ask(
        objects(_invoice, invoice), rows(gone_on, invoice), objects(_open_on_page, invoice)
    )
    row = next((each for each in found if each.brand == act.brand and each.account == of), None)
    if row is None:
        raise NoSuchInvoice
    owed = _demand_owed(row, gone=gone)
    begun = (each for each in tried if each.gateway == gateway)
    attempt = next((each for each in begun if each.minor == owed.minor), None)
    if attempt is None:
        attempt = PaymentAttempt(
            once=f"pay-{uuid4().hex}", brand=act.brand, invoice=row, gateway=gateway, minor=owed.minor,
            currency=row.currency, created_at=act.at, shown_at=act.at,
        )  # fmt: skip
        insert_last(attempt)
    else:
        attempt.shown_at = act.at
        attempt.save(update_fields=["shown_at"])
    state = cast("AttemptState", attempt.state)
    return Begun(attempt.id, attempt.once, gateway, owed, row.number, state, attempt.handle)


@recorded("billing.payment.begun_stored")
def begin_stored(act: Act, *, invoice: InvoiceId, method: UUID, once: str) -> Begun:
    """Open an attempt to charge a stored method what is owed on an invoice, once a key.

    once  of whoever wants it, at most 64 ASCII characters; the gateway is charged under it

    A key that began an attempt before gives that one back, as it stands, whatever is owed now: `again`.  So
    does a charge of a stored method under another key that is still open, any whose outcome is unknown,
    however old, and a page on which the payer may be this moment: one invoice is not charged twice.
    Writes a PaymentAttempt.
    Raises NoSuchInvoice, AlreadyPaid, Withdrawn, NoSuchMethod (not ready, or of another account).
    """
    row = _locked(invoice, brand=act.brand)
    if row is None:
        raise NoSuchInvoice
    begun = PaymentAttempt.objects.filter(once=once, invoice=row, method=method).first()
    known = begun or _under_way(act, row)
    if known is not None:
        amount, state = money(known.minor, known.currency), cast("AttemptState", known.state)
        return Begun(known.id, known.once, known.gateway, amount, row.number, state, known.handle, again=True)
    ready = StoredMethod.objects.filter(account=row.account, brand=act.brand, state="ready")
    stored = ready.filter(id=method).first()
    if stored is None:
        raise NoSuchMethod
    owed = _demand_owed(row)
    made = PaymentAttempt.objects.create(
        once=once, brand=act.brand, invoice=row, gateway=stored.gateway, minor=owed.minor,
        currency=row.currency, method=stored, created_at=act.at,
    )  # fmt: skip
    return Begun(made.id, once, stored.gateway, owed, row.number, "waiting")


@recorded("billing.payment.told")
def record_outcome(act: Act, *, attempt: UUID, outcome: Outcome) -> Told:
    """Write down what a gateway answered about an attempt, asked or charged.

    Settled writes a Payment as it came, its ledger entry and events; less than asked stays open on the
    invoice, more or another currency is the account's credit.  The rest changes the attempt's state alone.
    Safe to call twice and in any order.  Raises NoSuchPayment.
    """
    return _tell(act, attempt, outcome)


@recorded("billing.payment.nothing_moved")
def note_nothing_moved(act: Act, *, attempt: UUID) -> Told:
    """Write down that staff looked at the gateway's own pages and no money of an attempt moved.

    For an attempt of act.brand whose outcome is unknown and that no look-up tells: the account at the gateway
    was given up, say.  Until then nothing else is charged for it.  Money that comes all the same counts.
    Raises NoSuchPayment, PaymentDecided (its outcome is known, or it waits for its payer).
    """
    row = PaymentAttempt.objects.select_for_update().filter(id=attempt, brand=act.brand).first()
    if row is None:
        raise NoSuchPayment
    if row.state != "unknown":
        raise PaymentDecided(payment=str(attempt))
    row.state, row.code = "declined", "by_staff"
    row.save(update_fields=["state", "code"])
    invoice = InvoiceId(row.invoice_id) if row.invoice_id else None
    return Told(row.id, invoice, "declined", None, Ref("billing.payment_attempt", row.id))


@recorded("billing.notice.taken")
def record_notice(act: Act, *, gateway: str, notice: Notice) -> Told:
    """Take a call-back whose signature held; keep of it what it means and nothing else.

    Twice the same event changes nothing.  Money for a key we never asked under is kept as an unmatched
    payment of the brand, for staff.  Raises WrongBrand (the key is another brand's; nothing is kept).
    """
    found = PaymentAttempt.objects.filter(once=notice.once, gateway=gateway).first()
    if found is not None and found.brand != act.brand:
        raise WrongBrand(gateway=gateway)
    kept = inbox.keep(act, gateway=gateway, notice=notice)
    if found is not None:
        return replace(_tell(act, found.id, notice.outcome), news=Ref("billing.notice", kept.id))
    booked = None
    if isinstance(notice.outcome, Settled):
        came = Came(gateway, notice.outcome.proof, notice.outcome.amount)
        booked = receive(act, came, invoice=None)
    return Told(None, None, TOLD[type(notice.outcome)], booked, Ref("billing.notice", kept.id))


def _demand_owed(invoice: Invoice, *, gone: Gone | None = None) -> Money:
    """Return what is owed on a locked invoice.  Raises AlreadyPaid, Withdrawn.  gone: as owed_on has it."""
    owed = owed_on(invoice, gone=gone)
    if owed.minor > 0:
        return owed
    raise Withdrawn if is_withdrawn(invoice) else AlreadyPaid(invoice=str(invoice.id))


def _under_way(act: Act, invoice: Invoice) -> PaymentAttempt | None:
    """Return an attempt for a locked invoice by which its money may be moving, or None.

    One whose outcome is unknown has no age: whatever its gateway forgot, the money may have moved.  So may
    that of a charge which waits for nothing but time.
    """
    of_stored = Q(method__isnull=False, state="waiting")
    found = PaymentAttempt.objects.filter(
        Q(state="unknown")
        | (of_stored & (Q(visit="") | Q(created_at__gt=act.at - GIVEN_UP)))
        | (Q(method=None, state="waiting", shown_at__gt=act.at - ON_THE_PAGE) & ~Q(visit="")),
        Q(invoice=invoice) | meant_for(invoice.account, invoice.id),
    )
    return found.order_by("-created_at", "id").first()


def _tell(act: Act, tried: UUID, outcome: Outcome) -> Told:
    """Bring an attempt and what it pays up to what a gateway said, under the lock of what it pays.

    Raises NoSuchPayment.
    """
    invoices, gone, top_ups, attempts = ask(
        objects(_invoice_tried, tried), rows(_gone_on_tried, tried), objects(_top_up_tried, tried),
        objects(_locked_attempt, tried),
    )  # fmt: skip
    attempt: PaymentAttempt | None = next((each for each in attempts if each.brand == act.brand), None)
    if attempt is None:
        raise NoSuchPayment
    invoice: Invoice | None = next((each for each in invoices if each.brand == act.brand), None)
    top_up: TopUp | None = next(iter(top_ups), None)
    booked = None
    if isinstance(outcome, Settled) and (invoice or top_up):
        came = Came(attempt.gateway, outcome.proof, outcome.amount, attempt=attempt.id)
        booked = receive(act, came, invoice=invoice, top_up=top_up, gone=gone)
    state = attempt_after(cast("AttemptState", attempt.state), outcome)
    visit, handle = attempt.visit, attempt.handle
    if isinstance(outcome, Waiting):
        visit, handle = outcome.visit or "", outcome.handle or attempt.handle
    code = outcome.code[:16] if isinstance(outcome, Declined) and state == "declined" else attempt.code
    if (state, visit, code, handle) != (attempt.state, attempt.visit, attempt.code, attempt.handle):
        leave(_brought_up, (state, visit, code, handle, attempt.id))
    where = InvoiceId(invoice.id) if invoice else None
    return Told(attempt.id, where, state, booked, Ref("billing.payment_attempt", attempt.id))


BROUGHT_UP = "UPDATE billing_paymentattempt SET state = %s, visit = %s, code = %s, handle = %s WHERE id = %s"


def _brought_up(attempts: Sequence[tuple[str, str, str, str, UUID]]) -> Statement:
    """Say how attempts are brought up to what was told of them."""
    return "; ".join([BROUGHT_UP] * len(attempts)), [value for each in attempts for value in each]


def _locked(invoice: InvoiceId, *, brand: str) -> Invoice | None:
    """Return an invoice of a brand, its row locked to the end of the transaction."""
    return next((row for row in objects_of(_invoice, invoice) if row.brand == brand), None)


def _invoice(invoice: InvoiceId) -> QuerySet[Invoice]:
    """Return the query of an invoice, locked."""
    return Invoice.objects.select_for_update().filter(id=invoice)


def _invoice_tried(attempt: UUID) -> QuerySet[Invoice]:
    """Return the query of the invoice that an attempt pays, locked."""
    tried = PaymentAttempt.objects.filter(id=attempt).values("invoice_id")
    return Invoice.objects.select_for_update().filter(id__in=tried)


def _gone_on_tried(attempt: UUID) -> QuerySet[Allocation, Any]:
    """Return the query of what went on the invoice that an attempt pays."""
    tried = PaymentAttempt.objects.filter(id=attempt).values("invoice_id")
    return Allocation.objects.filter(invoice__in=tried).values_list("minor")


def _top_up_tried(attempt: UUID) -> QuerySet[TopUp]:
    """Return the query of the top-up that an attempt pays, locked."""
    tried = PaymentAttempt.objects.filter(id=attempt).values("top_up_id")
    return TopUp.objects.select_for_update().filter(id__in=tried)


def _locked_attempt(attempt: UUID) -> QuerySet[PaymentAttempt]:
    """Return the query of an attempt, locked."""
    return PaymentAttempt.objects.select_for_update().filter(id=attempt)


def _open_on_page(invoice: InvoiceId) -> QuerySet[PaymentAttempt]:
    """Return the query of an invoice's open attempts on gateways' pages."""
    found = PaymentAttempt.objects.filter(invoice=invoice, state__in=["waiting", "unknown"], method=None)
    return found.order_by("id")
