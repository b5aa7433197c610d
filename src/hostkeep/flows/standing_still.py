"""What follows from news about unpaid invoices: services run again, warnings count, ends are credited.

Services that were stopped over an invoice run again when it is paid, or when its account is spared: at once
where the news comes, and else with the next sweep, which finds whatever was missed.
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from hostkeep.audit.rounds import go_through
from hostkeep.billing.actions.dunning import end_stop, note_told, note_untold
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.queries import dunning as rows
from hostkeep.billing.rules.calendars import calendar_of
from hostkeep.billing.rules.dunning_steps import NEVER_STOP, PROMISE, Kind
from hostkeep.brands.queries import BrandRow, all_brands
from hostkeep.flows.late_bills import change_billed_late_by, invoices_paying_for, periods_billed_by
from hostkeep.flows.notices import write_to
from hostkeep.flows.overdue import Overdue, look
from hostkeep.flows.taking_back import take_back, take_back_after
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import PurposeId
from hostkeep.messaging.errors import NoSuchMail
from hostkeep.messaging.events import MailSettled
from hostkeep.messaging.queries import mail
from hostkeep.messaging.rules.delivery import State as MailState
from hostkeep.provisioning.actions.asking import call_off_stop, queue_action
from hostkeep.provisioning.errors import StillBusy
from hostkeep.provisioning.events import ServiceClosed, ServiceResumed, ServiceSuspended
from hostkeep.provisioning.queries import ServiceRow, service, work_of
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import OPEN, Stage, Verb

log = structlog.get_logger()

BILLING = PurposeId("billing")
SERVICE = PurposeId("service")
WARNINGS = frozenset({"billing/suspend_warning", "billing/end_warning"})
STREAM = "billing"


def sweep_due(act: Act) -> int:
    """Let services run again whose invoices are paid or spared, and tell of cards that end; return how many.

    One that goes wrong does not stop the next.
    """
    return sum(_try(act, stop) for stop in rows.stops_free(act.at)) + tell_of_cards(act)


def on_invoice_paid(act: Act, event: InvoicePaid) -> None:
    """Let the services run again that were stopped over an invoice."""
    for stop in rows.stops([event.invoice]):
        _try(act, stop)


def on_mail_settled(act: Act, event: MailSettled) -> None:
    """Note that a warning was handed over, from when it counts; or that nobody took it."""
    try:
        row = mail(event.mail)
    except NoSuchMail:  # its account was closed meanwhile, and its mails are gone with it
        return
    if row.template not in WARNINGS:
        return
    under = act.of_brand(row.brand).in_role("system").for_purpose(BILLING)
    note = note_told if row.state is MailState.SENT else note_untold
    note(under, step=UUID(row.facts["step"]))


def on_service_suspended(act: Act, event: ServiceSuspended) -> None:
    """Tell that a service stands still, where that is over an invoice."""
    found = service(event.service)
    _tell_of(act, found, _stop_of(found), "billing/suspended")


def on_service_resumed(act: Act, event: ServiceResumed) -> None:
    """Tell that a service runs again that stood still over an invoice."""
    found = service(event.service)
    _tell_of(act, found, _stop_of(found), "billing/resumed")


def on_service_closed(act: Act, event: ServiceClosed) -> None:
    """Tell of a service that ended over an invoice, and credit periods that began when it stood still.

    What is gone stands still no more: its stops are over.
    """
    found = service(event.service)
    invoices = invoices_paying_for(found)
    for held in rows.stops(invoices):
        _try(act, held)
    if not _tell_of(act, found, rows.last_step(invoices, Kind.END.value), "billing/ended"):
        return
    under = act.of_brand(found.brand).in_role("system").for_purpose(BILLING)
    stop = rows.last_step(invoices, Kind.STOP.value)
    if stop is None:
        return
    for invoice in invoices:
        periods = periods_billed_by(invoice)
        unused = all(each.service == found.id and each.period.start >= stop.at for each in periods)
        if periods and unused and look(invoice, act.at).row.owed.minor:
            take_back(under, invoice=invoice, once=f"void:{invoice}")
        elif periods and change_billed_late_by(invoice) and look(invoice, act.at).row.owed.minor:
            take_back_after(under, invoice=invoice, end=stop.at, why="void")


def tell_of_cards(act: Act) -> int:
    """Tell owners of stored methods that end next month, once each; return how many brands had their day."""
    return sum(
        go_through(
            act, all_brands(), lambda row: _cards(act, row), event="cards.failed", about=lambda row: row.id
        )
    )


def _cards(act: Act, seller: BrandRow) -> bool:
    """Tell a brand's customers, from the brand's day of the month on to its end."""
    plan = calendar_of(seller.words)
    local = act.at.astimezone(ZoneInfo(seller.zone))
    if plan.card_notice is None or local.day < plan.card_notice or not plan.is_awake(act.at, seller.zone):
        return False
    first = (local.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    for card in rows.cards_ending(seller.id, first_day=first, last_day=last):
        ends = datetime.combine(card.ends_on, time(12), tzinfo=UTC)
        about = {"method": card.id, "on": int(ends.timestamp())}
        try:
            write_to(act.in_role("system"), card.account, "billing/card_expires", stream=STREAM, about=about)
        except Exception as error:  # noqa: BLE001  the rest of the sweep must go on
            code = error.code if isinstance(error, Foreseen) else type(error).__name__
            log.warning("card.not_told", method=str(card.id), code=code, trace=act.trace)
    return True


def _try(act: Act, stop: rows.StopRow) -> bool:
    """Let the services of a stop run again, if they may; say whether something was to be done."""
    under = act.of_brand(stop.brand).in_role("system").for_purpose(SERVICE)
    try:
        case = look(stop.invoice, act.at)
        if case.facts.owed and not _is_spared(case, act.at) and not _is_gone(case):
            return False
        busy = [each for each in case.services if _resume(under, each, stop)]
        if not busy:
            end_stop(under.for_purpose(BILLING), step=stop.id)
    except StillBusy:
        return False
    except Exception as error:  # noqa: BLE001  the rest of the sweep must go on
        code = error.code if isinstance(error, Foreseen) else type(error).__name__
        log.warning("resume.failed", invoice=str(stop.invoice), code=code, trace=act.trace)
        return False
    return True


def _is_spared(case: Overdue, at: datetime) -> bool:
    """Say whether an account is not to be stopped now."""
    return any(each.kind in {PROMISE, NEVER_STOP} and each.holds(at) for each in case.row.spared)


def _is_gone(case: Overdue) -> bool:
    """Say whether nothing is left to run."""
    return all(each.state in {State.CLOSING, State.CLOSED} for each in case.services)


def _resume(act: Act, found: ServiceRow, stop: rows.StopRow) -> bool:
    """Have one service run again; say whether that is still under way.

    A stop that no driver has begun is called off.  Raises StillBusy: a driver is at work on it.
    """
    if found.state is State.SUSPENDED:
        once = f"go_on:{stop.id}:{found.id}"
        asked = [each for each in work_of(found.id) if each.verb is Verb.RESUME and each.queued_at >= stop.at]
        if not asked:
            queue_action(act, service=found.id, verb=Verb.RESUME, once=once)
        return True
    stages = {*OPEN, Stage.PARKED}
    waiting = [each for each in work_of(found.id) if each.verb is Verb.SUSPEND and each.stage in stages]
    if found.state is State.ACTIVE and waiting:
        call_off_stop(act, service=found.id)
    return False


def _stop_of(found: ServiceRow) -> rows.StopRow | None:
    """Return the step that had a service stand still last; None where that was somebody else's doing.

    The work was asked for in the step's own transaction, so both bear one time.
    """
    stopped = next((w for w in work_of(found.id) if w.verb is Verb.SUSPEND and w.stage is Stage.DONE), None)
    if stopped is None:
        return None
    return rows.last_step(invoices_paying_for(found), Kind.STOP.value, at=stopped.queued_at)


def _tell_of(act: Act, found: ServiceRow, step: rows.StopRow | None, template: str) -> bool:
    """Queue a letter about a service, if a step was taken over one of its invoices; say whether."""
    if step is None:
        return False
    under = act.of_brand(found.brand).in_role("system").for_purpose(BILLING)
    about: dict[str, object] = {"step": step.id, "service": found.id}
    if template != "billing/resumed":
        about["invoice"] = step.invoice
    write_to(under, found.account, template, stream=STREAM, about=about)
    return True
