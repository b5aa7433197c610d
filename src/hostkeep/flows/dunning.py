"""Going after what is not paid: the run that follows the calendar, and services that stand still and go on.

Each invoice has transactions of its own: its steps and what they do stand together or not at all.  A gateway
is asked outside of them, under a key made of the invoice and the calendar's day, so that whoever takes up
what a killed worker left asks for the same money and not for more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from types import MappingProxyType
from uuid import UUID

import structlog

from hostkeep.audit import rounds
from hostkeep.audit.rounds import each_once, go_through
from hostkeep.billing import agenda
from hostkeep.billing.actions.dunning import Judge, note_failure, record_charge, take_steps
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice
from hostkeep.billing.errors.gateways import GatewayCannot, GatewayNotOffered, MethodsNotKept, NoSuchMethod
from hostkeep.billing.queries import dunning as rows
from hostkeep.billing.queries.methods import preferred_method
from hostkeep.billing.rules.dunning_steps import ASKED, MISSED, SENT, Done, Kind, Step
from hostkeep.drivers.payments import Declined, Outcome, Settled, Waiting
from hostkeep.flows.dunning_letters import tell, write_overdue
from hostkeep.flows.overdue import Overdue, look, look_at_each
from hostkeep.flows.paying import charge_stored
from hostkeep.flows.taking_back import take_back
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, PurposeId
from hostkeep.provisioning.actions.asking import close_service, queue_action
from hostkeep.provisioning.errors import StillBusy
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import Verb
from hostkeep.subscriptions.actions.cancelling import end_subscription
from hostkeep.subscriptions.queries.subscriptions import subscriptions_for

log = structlog.get_logger()

BILLING = PurposeId("billing")
SERVICE = PurposeId("service")
BUSY = timedelta(minutes=15)
"""When to try again where a driver is at work on a service."""

AT_ONCE = 500
A_MINUTE = timedelta(minutes=1)
"""How long an invoice rests at least about which something was done."""

LETTERS = frozenset({Kind.REMINDER, Kind.STOP_WARNING, Kind.END_WARNING})
"""Steps that only write."""

ROUNDS = 4
"""How often an invoice is looked at in one go: a charge comes before what else is due that day."""


def run_due(act: Act) -> int:
    """Do what is due about unpaid invoices, of all brands; return how many were looked at.

    One that goes wrong does not stop the next: it is tried again, and in the end waits for a person.
    """
    due = each_once(lambda most: agenda.due(act.at, first=most), key=lambda each: each[0], page=AT_ONCE)
    seen = 0
    while page := dict(islice(due, AT_ONCE)):
        left = _put_down(act, page)
        seen += len(page) - len(left)
        seen += len(go_through(
            act, left.items(), lambda each: _try(act, *each),
            event="dunning.not_noted", about=lambda each: each[0],
        ))  # fmt: skip
    return seen


def _put_down(act: Act, page: Mapping[InvoiceId, datetime]) -> Mapping[InvoiceId, Overdue | None]:
    """Put down when to look again at those about which nothing is to be done; return the others as seen.

    page  by invoice the time for which it was to be looked at

    Most are of this sort, and all are looked at together.  Where that goes wrong, over one of them, each is
    looked at by itself.
    """
    try:
        cases = look_at_each(list(page), act.at)
        later = {
            invoice: case.next(act.at) for invoice, case in cases.items()
            if case.row.charging is None and not case.steps(act.at)
        }  # fmt: skip
    except Exception as error:  # noqa: BLE001  over which one, shows when each is looked at by itself
        log.warning("dunning.not_together", code=type(error).__name__, trace=act.trace)
        return dict.fromkeys(page)
    agenda.put_down([(invoice, page[invoice], at) for invoice, at in later.items()])
    return {invoice: cases.get(invoice) for invoice in page if invoice not in later}


def falls_due(at: datetime) -> bool:
    """Say whether an invoice is to be looked at by a time."""
    return agenda.falls_due(at)


def _try(act: Act, invoice: InvoiceId, seen: Overdue | None) -> None:
    """Do what is due about an invoice, and note it where that goes wrong.  seen: as for follow."""
    try:
        brand = rows.brand_of(invoice) if seen is None else seen.row.brand
        follow(act.of_brand(brand).in_role("system").for_purpose(BILLING), invoice=invoice, seen=seen)
    except StillBusy:
        agenda.look_at(invoice, act.at + BUSY)
    except Exception as error:  # noqa: BLE001  it is tried again, and in the end waits for a person
        code = rounds.note_failure(act, error, event="dunning.failed", about=invoice)
        if note_failure(act, invoice=invoice, code=code).parked:
            log.warning("dunning.parked", invoice=str(invoice), code=code, trace=act.trace)


def follow(act: Act, *, invoice: InvoiceId, seen: Overdue | None = None) -> None:
    """Take the steps that are due about one invoice of act.brand.

    seen  how it was seen a moment ago: it says whether to hold it, and what is done is decided when it is
          held, by another look; a charge that waits is asked for by a new look.  None: it is looked at first

    Raises NoSuchInvoice, BadCalendar, StillBusy (a driver is at work on a service that is to be stopped).
    """
    for _ in range(ROUNDS):
        case = look(invoice, act.at) if seen is None or seen.row.charging is not None else seen
        seen = None
        if case.row.charging is not None:
            _charge(act, invoice, case.row.charging)
            case = look(invoice, act.at)
        if not case.steps(act.at):
            agenda.look_at(invoice, case.next(act.at))
            return
        judge = _Looking(act, invoice)
        taken = take_steps(act, invoice=invoice, judge=Judge(judge.steps, judge.do, judge.next))
        if not taken.steps or (taken.charge is None and not judge.is_due_again):
            return


@dataclass(slots=True)
class _Looking:
    """What decides about an invoice while it is held.

    It looks at everything again, and once more after each step that changes more than what is written down
    of the invoice itself: a letter does not.

    case          as it was seen last; None: it is to be looked at again
    is_due_again  whether more is to be done about it at once, after what was done
    """

    act: Act
    invoice: InvoiceId
    case: Overdue | None = None
    is_due_again: bool = False

    def steps(self) -> tuple[Step, ...]:
        """Say what is to be done now."""
        return self._seen().steps(self.act.at)

    def do(self, step: Step, row: UUID) -> str:
        """Do a step; return its outcome."""
        outcome = DO[step.kind](self.act, self._seen(), step, row)
        if step.kind not in LETTERS:
            self.case = None
        return outcome

    def next(self, taken: Sequence[Done]) -> datetime | None:
        """Say when to look again.  taken: the steps that were written down just now."""
        case, at = self._seen(), self.act.at
        done = tuple({(each.kind, each.day): each for each in (*case.row.done, *taken)}.values())
        found, self.is_due_again = case.next(at, done), bool(case.steps(at, done))
        return None if found is None else max(found, at + A_MINUTE)

    def _seen(self) -> Overdue:
        """Return the invoice as it stands."""
        if self.case is None:
            self.case = look(self.invoice, self.act.at)
        return self.case


def _remind(act: Act, case: Overdue, step: Step, row: UUID) -> str:
    """Write a reminder."""
    write_overdue(act, case, step, row)
    return SENT


def _warn(act: Act, case: Overdue, step: Step, row: UUID) -> str:
    """Write a warning; it counts from when it is handed over."""
    write_overdue(act, case, step, row)
    return SENT


def _stop(act: Act, case: Overdue, step: Step, row: UUID) -> str:
    """Have the services stopped that the invoice pays for.  The letter follows when a driver has done it."""
    del step
    for each in case.services:
        if each.state is State.ACTIVE:
            once = f"stop:{row}:{each.id}"
            queue_action(act.for_purpose(SERVICE), service=each.id, verb=Verb.SUSPEND, once=once)
    return ASKED


def _end(act: Act, case: Overdue, step: Step, row: UUID) -> str:
    """End the services that the invoice pays for.  The letter follows when they are gone."""
    del step, row
    held = subscriptions_for([each.id for each in case.services])
    for each in case.services:
        if each.state is State.CLOSED:
            continue
        if each.id in held:
            end_subscription(act.for_purpose(SERVICE), subscription=held[each.id].id, reason="unpaid")
        else:
            close_service(act.for_purpose(SERVICE), service=each.id)
    return ASKED


def _cancel(act: Act, case: Overdue, step: Step, row: UUID) -> str:
    """Take back an order that was never paid; nobody has to pay for it any more."""
    for each in case.services:
        if each.state is State.ORDERED:
            close_service(act.for_purpose(SERVICE), service=each.id)
    write_overdue(act, case, step, row)
    take_back(act, invoice=case.row.id, once=f"cancelled:{case.row.id}")
    return SENT


def _leave(act: Act, case: Overdue, step: Step, row: UUID) -> str:
    """Leave a charge to be asked for outside this transaction."""
    del act, case, step, row
    return ASKED


DO: Mapping[Kind, Callable[[Act, Overdue, Step, UUID], str]] = MappingProxyType({
    Kind.REMINDER: _remind,
    Kind.CHARGE: _leave,
    Kind.STOP_WARNING: _warn,
    Kind.STOP: _stop,
    Kind.END_WARNING: _warn,
    Kind.END: _end,
    Kind.CANCEL: _cancel,
})


def _charge(act: Act, invoice: InvoiceId, day: int) -> None:
    """Ask for a charge of the stored method, and write down what came of it."""
    case = look(invoice, act.at)
    outcome = _asked(act, case, f"dun:{invoice}:{day}")

    def letter(step: UUID) -> None:
        tell(act, case, "billing/charge_failed", step=step)

    failed = outcome in {"declined", "visit"}
    record_charge(act, invoice=invoice, day=day, outcome=outcome, tell=letter if failed else None)
    log.info("dunning.charged", invoice=str(invoice), day=day, outcome=outcome, trace=act.trace)


def _asked(act: Act, case: Overdue, once: str) -> str:
    """Charge the stored method once a key; say what came of it."""
    method = rows.charged_with(once) or preferred_method(case.row.account)
    if method is None:
        return MISSED
    try:
        asked = charge_stored(act, invoice=case.row.id, method=method, once=once)
    except AlreadyPaid:
        return "settled"
    except (GatewayNotOffered, GatewayCannot, MethodsNotKept, NoSuchMethod, NoSuchInvoice):
        return MISSED
    return _word(asked.outcome)


def _word(outcome: Outcome) -> str:
    """Say in a word what a gateway told."""
    match outcome:
        case Settled():
            return "settled"
        case Declined():
            return "declined"
        case Waiting(visit=str()):
            return "visit"
        case _:
            return "unknown"
