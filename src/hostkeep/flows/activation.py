"""From paid to running: what is paid is asked of a driver, and what the driver answers is entered.

The driver is asked between two transactions: one takes the work into our hands, one enters the answer.  A
worker that dies in between leaves a lease that runs out; whoever takes the work up then looks it up first.
"""

from __future__ import annotations

import structlog

from hostkeep.audit.rounds import each_once, go_through
from hostkeep.billing.events import InvoicePaid
from hostkeep.drivers.machines import Outcome, Refused
from hostkeep.flows.qualifying import may_build
from hostkeep.flows.taking_back import take_back_unbuilt
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import ActionId, PurposeId
from hostkeep.provisioning.actions.asking import begin_building, end_when_idle
from hostkeep.provisioning.actions.changing import ask_change_left
from hostkeep.provisioning.actions.claiming import Taken, claim_action
from hostkeep.provisioning.actions.recording import record_outcome
from hostkeep.provisioning.calls.drivers import MANUAL, chosen, driver_for
from hostkeep.provisioning.calls.running import ask_driver
from hostkeep.provisioning.errors import NoSuchDriver, NoSuchStep, NotDue
from hostkeep.provisioning.events import ActionQueued
from hostkeep.provisioning.queries import LeftRow, ServiceRow, due_work, left_to_do, services_billed_by
from hostkeep.provisioning.rules.lifecycle import State
from hostkeep.provisioning.rules.work import Claimed
from hostkeep.vault.column_door import use_columns

log = structlog.get_logger()

SERVICE = PurposeId("service")
AT_ONCE = 500


def on_invoice_paid(act: Act, event: InvoicePaid) -> None:
    """Start building what the invoice pays for, unless the check of its payment holds the order back.

    A service that was cancelled meanwhile stays cancelled, and what was paid for it is the account's credit.
    """
    services = services_billed_by(event.invoice)
    fresh = next((each for each in services if each.state is State.ORDERED), None)
    if fresh is not None and not may_build(act.of_brand(fresh.brand), of=fresh):
        return
    for service in services:
        under = act.of_brand(service.brand).for_purpose(SERVICE)
        try:
            _begin(under, service)
        except NoSuchStep as refusal:
            log.warning("service.not_built", service=str(service.id), code=refusal.code, trace=act.trace)
            if service.activated_at is None:
                take_back_unbuilt(under, of=service)


def _begin(act: Act, service: ServiceRow) -> None:
    """Have one service built by the driver it was sold with, or by hand where that is not set up here."""
    if service.state is not State.ORDERED:  # begun before, or never to be: nothing of it is opened
        begin_building(act, service=service.id, driver=MANUAL)
        return
    use_columns(
        act, wishes=[service.wish],
        fn=lambda told: begin_building(
            act, service=service.id, driver=chosen(told[0].driver if told[0] else "")
        ),
    )  # fmt: skip


def on_action_queued(act: Act, event: ActionQueued) -> None:
    """Do queued work at once."""
    run_action(act, action=event.action)


def sweep_due(act: Act) -> int:
    """Take up all work that is due or was lost with its worker; return how much there was.

    One piece that goes wrong does not stop the next.
    """
    waiting = due_work(act.at)
    go_through(
        act, waiting, lambda action: run_action(act, action=action), event="action.failed",
        about=lambda action: action,
    )  # fmt: skip
    return len(waiting) + _do_what_is_left(act)


def _do_what_is_left(act: Act) -> int:
    """Ask for changes and ends that had to wait for other work; return how many there were."""
    left = each_once(lambda most: left_to_do(first=most), key=lambda row: row.id, page=AT_ONCE)
    return len(
        go_through(
            act, left, lambda row: _do_left(act, row), event="left.failed", about=lambda row: row.id
        )
    )


def _do_left(act: Act, row: LeftRow) -> None:
    """Ask for one end or change that had to wait."""
    under = act.of_brand(row.brand).for_purpose(SERVICE)
    if row.is_end:
        end_when_idle(under, service=row.id)
    else:
        ask_change_left(under, service=row.id)


def run_action(act: Act, *, action: ActionId) -> None:
    """Do one piece of work: take it, ask its driver, enter the answer.

    Work that somebody else does, or has done, is left to them.
    """
    try:
        taken = claim_action(act, action=action)
    except NotDue:
        return
    under = act.of_brand(taken.brand).for_purpose(SERVICE)
    _answer(under, taken)


def _asked(work: Claimed) -> Outcome:
    """Ask the driver, if there is one and it does not kill who asks."""
    if work.lost:
        return Refused("worker_lost")
    try:
        driver = driver_for(work.driver)
    except NoSuchDriver as refusal:
        return Refused(refusal.code)
    return ask_driver(driver, work)


def _answer(act: Act, taken: Taken) -> None:
    work = taken.work
    outcome = _asked(work)
    try:
        answered = record_outcome(act, work=work, outcome=outcome)
    except Foreseen as refusal:
        # The answer cannot be kept, for instance because the policy has no room for the secret: staff decide.
        answered = record_outcome(act, work=work, outcome=Refused(refusal.code))
    log.info(
        "action.answered",
        action=str(work.id), verb=work.verb, stage=answered.stage, code=answered.code, late=answered.late,
        trace=act.trace,
    )  # fmt: skip
