"""Going after what is not paid: steps of the calendar, what came of them, and accounts that are spared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import QuerySet

from hostkeep.audit.recorded import recorded
from hostkeep.billing import agenda
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.dunning import NoSuchException, NotOnHold
from hostkeep.billing.models import DunningAgenda, DunningException, DunningStep, Invoice
from hostkeep.billing.rules.dunning_steps import ASKED, OVER, TOLD, UNTOLD, Done, Kind, Step
from hostkeep.billing.rules.sparing import checked
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, Ref
from hostkeep.runtime.inserting import insert
from hostkeep.runtime.together import ask
from hostkeep.runtime.written import objects

BY_HAND = "by_hand"
"""Outcome of a warning that a member of staff told."""


@dataclass(frozen=True, slots=True)
class Judge:
    """What decides about an invoice, while it is held.

    steps  looks at it and says what is to be done now
    do     does a step in the running transaction, given the step's id, and returns its outcome
    next   says when to look again, given what was written down of the steps taken
    """

    steps: Callable[[], Sequence[Step]]
    do: Callable[[Step, UUID], str]
    next: Callable[[Sequence[Done]], datetime | None]


@dataclass(frozen=True, slots=True)
class Taken:
    """Steps that were taken about an invoice.  charge: day of a charge that is to be asked for, or None."""

    invoice: InvoiceId
    steps: tuple[Step, ...]
    charge: int | None = None

    @property
    def ref(self) -> Ref:
        """The invoice."""
        return Ref("billing.invoice", self.invoice)


@dataclass(frozen=True, slots=True)
class Failed:
    """An invoice that went wrong.  parked: whether it waits for a person now."""

    invoice: InvoiceId
    parked: bool

    @property
    def ref(self) -> Ref:
        """The invoice."""
        return Ref("billing.invoice", self.invoice)


@dataclass(frozen=True, slots=True)
class Spares:
    """An exception of an account."""

    id: UUID
    account: AccountId

    @property
    def ref(self) -> Ref:
        """The exception."""
        return Ref("billing.dunning_exception", self.id)


@recorded("billing.dunning.stepped")
def take_steps(act: Act, *, invoice: InvoiceId, judge: Judge) -> Taken:
    """Take what the calendar asks about an invoice of act.brand now.

    Invoice and agenda are held meanwhile: a payment comes before or after, another worker waits.  Writes a
    DunningStep each with what it does, or nothing; the database lets none be written twice.
    Raises NoSuchInvoice, and what the judge raises.
    """
    held, looked_at = ask(objects(_held, invoice), objects(_looked_at, invoice))
    if not looked_at or not any(row.brand == act.brand for row in held):
        raise NoSuchInvoice
    steps, charge, written = tuple(judge.steps()), None, []
    for step in steps:
        row = DunningStep(
            id=uuid4(), brand=act.brand, invoice_id=invoice, kind=step.kind.value, day=step.day,
            outcome=step.outcome, at=act.at,
        )  # fmt: skip
        if not step.outcome:
            if step.kind is Kind.CHARGE:
                charge = step.day
            row.outcome = judge.do(step, row.id)
        insert([row])  # once it is known what came of it; the next step, which looks again, sees it
        written.append(row)
    taken = [Done(row.kind, row.day, row.at, row.outcome) for row in written]
    agenda.look_at(invoice, judge.next(taken) if charge is None else act.at)
    return Taken(invoice, steps, charge)


def _held(invoice: InvoiceId) -> QuerySet[Invoice]:
    """Return the query of an invoice, locked."""
    return Invoice.objects.select_for_update().filter(id=invoice)


def _looked_at(invoice: InvoiceId) -> QuerySet[DunningAgenda]:
    """Return the query of an invoice's agenda, locked."""
    return DunningAgenda.objects.select_for_update().filter(invoice=invoice)


@recorded("billing.dunning.charged")
def record_charge(
    act: Act, *, invoice: InvoiceId, day: int, outcome: str, tell: Callable[[UUID], object] | None
) -> Taken:
    """Write down what came of a charge that the calendar asked for.

    outcome  "settled", "declined", "visit" (the bank wants to see the payer), "unknown" or "missed"
    tell     queues the letter about it in this transaction, given the step's id; None: none is written

    Again: changes nothing.  Raises NoSuchInvoice.
    """
    rows = DunningStep.objects.select_for_update().filter(invoice=invoice, brand=act.brand)
    row = rows.filter(kind=Kind.CHARGE.value, day=day).first()
    if row is None:
        raise NoSuchInvoice
    if row.outcome == ASKED:
        row.outcome = outcome
        row.save(update_fields=["outcome"])
        if tell is not None:
            tell(row.id)
        agenda.look_now(act.at, invoice=invoice)
    return Taken(invoice, ())


@recorded("billing.dunning.told")
def note_told(act: Act, *, step: UUID) -> Taken:
    """Note that a warning was handed over: what it warns of is counted from act.at.

    Again: changes nothing.  Raises NotOnHold: there is no such warning.
    """
    return _told(act, _warning(act, step), outcome="")


@recorded("billing.dunning.told_by_hand")
def tell_by_hand(act: Act, *, step: UUID) -> Taken:
    """Note that a member of staff told an account's owner what a letter could not: by telephone, by post.

    What it warns of is counted from act.at.  Raises NotOnHold: the letter was not returned.
    """
    row = _warning(act, step)
    if row.outcome != UNTOLD:
        raise NotOnHold
    return _told(act, row, outcome=BY_HAND)


@recorded("billing.dunning.untold")
def note_untold(act: Act, *, step: UUID) -> Taken:
    """Note that nobody took a warning: what it warns of waits for staff.  Raises NotOnHold."""
    row = _warning(act, step)
    if not DunningStep.objects.filter(invoice=row.invoice_id, kind=_told_kind(row), day=row.day).exists():
        row.outcome = UNTOLD
        row.save(update_fields=["outcome"])
    return Taken(InvoiceId(row.invoice_id), ())


@recorded("billing.dunning.failed")
def note_failure(act: Act, *, invoice: InvoiceId, code: str) -> Failed:
    """Note that looking at an invoice went wrong: it is tried again later, and in the end waits for a person.

    code  a refusal's code or the name of an exception
    """
    return Failed(invoice, agenda.put_off(invoice, code=code, at=act.at))


@recorded("billing.dunning.stop_over")
def end_stop(act: Act, *, step: UUID) -> Taken:
    """Note that services that were stopped over an invoice run again, or are gone.  Raises NotOnHold."""
    found = DunningStep.objects.filter(id=step, brand=act.brand, kind=Kind.STOP.value)
    row = found.select_for_update().first()
    if row is None:
        raise NotOnHold
    row.outcome = OVER
    row.save(update_fields=["outcome"])
    agenda.look_now(act.at, invoice=InvoiceId(row.invoice_id))
    return Taken(InvoiceId(row.invoice_id), ())


@recorded("billing.dunning.put_back")
def put_back(act: Act, *, invoice: InvoiceId) -> Taken:
    """Let the next run look again at what was given up.  Raises NotOnHold."""
    found = DunningAgenda.objects.filter(invoice=invoice, brand=act.brand).exclude(parked_at=None)
    if not found.update(next_at=act.at, failures=0, code="", parked_at=None):
        raise NotOnHold
    return Taken(invoice, ())


@recorded("billing.dunning.spared")
def spare_account(
    act: Act, *, account: AccountId, kind: str, until: datetime | None, reason: str
) -> Spares:
    """Treat an account otherwise than the calendar says.  One that holds of the same kind is replaced.

    kind    of rules.dunning.EXCEPTIONS; until: its end, None for good
    reason  a word of rules.sparing

    Raises BadException.
    """
    checked(kind, until=until, reason=reason, at=act.at)
    _lift(act, account, kind)
    made = DunningException.objects.create(
        brand=act.brand, account=account, kind=kind, until=until, reason=reason,
        set_by=f"{act.role} {act.actor}"[:64], set_at=act.at,
    )  # fmt: skip
    agenda.look_now(act.at, account=account)
    return Spares(made.id, account)


@recorded("billing.dunning.spared_no_more")
def lift_exception(act: Act, *, exception: UUID) -> Spares:
    """End an exception now.  Raises NoSuchException, for one of another brand too."""
    row = DunningException.objects.select_for_update().filter(id=exception, brand=act.brand).first()
    if row is None or row.lifted_at is not None or (row.until is not None and row.until <= act.at):
        raise NoSuchException
    row.lifted_at = act.at
    row.save(update_fields=["lifted_at"])
    agenda.look_now(act.at, account=AccountId(row.account))
    return Spares(row.id, AccountId(row.account))


def _lift(act: Act, account: AccountId, kind: str) -> None:
    """Let go of what stands of a kind, also where its time is over: the database wants one at most."""
    for row in DunningException.objects.select_for_update().filter(
        account=account, brand=act.brand, kind=kind, lifted_at=None
    ):
        row.lifted_at = act.at
        row.save(update_fields=["lifted_at"])


def _warning(act: Act, step: UUID) -> DunningStep:
    """Return a warning of act.brand, held.  Raises NotOnHold."""
    kinds = [kind.value for kind in TOLD]
    row = DunningStep.objects.select_for_update().filter(id=step, brand=act.brand, kind__in=kinds).first()
    if row is None:
        raise NotOnHold
    return row


def _told_kind(row: DunningStep) -> str:
    """Return the kind of step that says that a warning was told."""
    return TOLD[Kind(row.kind)].value


def _told(act: Act, row: DunningStep, *, outcome: str) -> Taken:
    """Write down that a warning was told, once."""
    DunningStep.objects.bulk_create(
        [
            DunningStep(
                brand=row.brand, invoice_id=row.invoice_id, kind=_told_kind(row), day=row.day,
                outcome=outcome, at=act.at,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    if outcome:
        row.outcome = outcome
        row.save(update_fields=["outcome"])
    agenda.look_now(act.at, invoice=InvoiceId(row.invoice_id))
    return Taken(InvoiceId(row.invoice_id), ())
