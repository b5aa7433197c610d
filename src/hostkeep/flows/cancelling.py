"""Ending what recurs: now, or when what was paid is used up; and ending the service with it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from hostkeep.audit.rounds import each_once, go_through, note_failure
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.queries.invoices import sheet
from hostkeep.flows.giving_back import give_back_after, late_invoices
from hostkeep.flows.taking_back import SETTLING, take_back_after, take_back_unbuilt
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, PurposeId, ServiceId
from hostkeep.provisioning.actions.asking import end_when_idle
from hostkeep.provisioning.errors import NoSuchService
from hostkeep.provisioning.events import ServiceClosed
from hostkeep.provisioning.queries import service as service_row
from hostkeep.subscriptions.actions.cancelling import Ending, cancel, end_subscription, undo_cancel
from hostkeep.subscriptions.actions.settling import settle_ahead, settle_later
from hostkeep.subscriptions.errors import NoSuchMove, NoSuchSubscription
from hostkeep.subscriptions.events import SubscriptionEnded
from hostkeep.subscriptions.queries.subscriptions import (
    SubscriptionRow,
    ending_due,
    periods_of,
    settling_due,
    subscription,
    subscription_of_service,
    subscriptions_for,
)
from hostkeep.subscriptions.rules.states import State

log = structlog.get_logger()

BILLING = PurposeId("billing")
SERVICE = PurposeId("service")
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Outlook:
    """What cancelling would come to.

    ends_at  when the service would end if it is left to run for what was paid; None: only now
    unpaid   invoices for time after that, which nobody has to pay then
    """

    row: SubscriptionRow
    ends_at: datetime | None
    unpaid: tuple[InvoiceId, ...]


def outlook(act: Act, *, of: AccountId, service: ServiceId) -> Outlook:
    """Say what cancelling an account's service would come to, and do nothing.  Raises NoSuchSubscription."""
    row = _own(act, of, service)
    ends = row.trial_to  # free time, also where what comes after it is billed ahead
    unpaid: list[tuple[datetime, InvoiceId]] = []
    for each in reversed(periods_of(row.id)):
        if each.period.end <= act.at or each.is_taken_back:
            continue
        if each.invoice is not None and each.period.start > act.at and not _is_paid(each.invoice, of):
            unpaid.append((each.period.start, InvoiceId(each.invoice)))
        else:
            ends = each.period.end
    after = tuple(invoice for start, invoice in unpaid if ends is None or start >= ends)
    return Outlook(row, ends if ends and ends > act.at else None, after)


def cancel_at_end(act: Act, *, of: AccountId, service: ServiceId) -> Ending:
    """Let an account's service run for what was paid, and end then.

    Raises NoSuchSubscription, NoSuchMove (nothing is left to run for).
    """
    seen = outlook(act, of=of, service=service)
    if seen.ends_at is None:
        raise NoSuchMove(state=seen.row.state, move="cancel")
    who = "customer" if act.role == "customer" else "staff"
    done = cancel(act, subscription=seen.row.id, ends_at=seen.ends_at, reason=who)
    settle(act, seen.row)
    return done


def cancel_now(act: Act, *, of: AccountId, service: ServiceId) -> Ending:
    """End an account's service now: its content is destroyed, and nothing is paid back for what is left.

    The face has asked for a confirmation.  Raises NoSuchSubscription.
    """
    row = _own(act, of, service)
    done = end_subscription(act, subscription=row.id, reason="customer")
    settle(act, row)
    return done


def keep(act: Act, *, of: AccountId, service: ServiceId) -> Ending:
    """Take back a cancellation that has not come to pass; what was billed ahead is billed anew.

    After MOST_ANEW times a period is billed anew when it begins, and not before.
    Raises NoSuchSubscription, NoSuchMove.
    """
    row = _own(act, of, service)
    done = undo_cancel(act, subscription=row.id)
    settle(act, row)
    return done


def end_due(act: Act) -> int:
    """End what has come to its end, and bring what is billed ahead up to ends; return how much there was.

    One that goes wrong does not stop the next.
    """
    ending = each_once(lambda most: ending_due(act.at, first=most), key=lambda row: row.id, page=AT_ONCE)
    ended = go_through(
        act, ending, lambda row: _end(act, row), event="ending.failed", about=lambda row: row.id
    )
    settling = each_once(lambda most: settling_due(act.at, first=most), key=lambda row: row.id, page=AT_ONCE)
    settled = go_through(
        act, settling, lambda row: _try_to_settle(act, row), event="settling.not_put_off",
        about=lambda row: row.id,
    )  # fmt: skip
    return len({*ended, *settled})


def _end(act: Act, row: SubscriptionRow) -> UUID:
    """End one whose end has come."""
    under = act.of_brand(row.brand).for_purpose(SERVICE)
    end_subscription(under, subscription=row.id, reason=row.end_reason or "customer")
    return row.id


def settle(act: Act, row: SubscriptionRow) -> None:
    """Take back what is billed for time after an end, or bill anew what was, as the subscription stands now.

    What was cut off before this is done by the sweep.
    """
    settle_ahead(act.of_brand(row.brand).for_purpose(SERVICE), subscription=row.id, settle=SETTLING)


def _try_to_settle(act: Act, row: SubscriptionRow) -> UUID:
    """Settle one; put it off where that goes wrong."""
    try:
        settle(act, row)
    except Exception as error:  # noqa: BLE001  it is tried again, and later
        note_failure(act, error, event="settling.failed", about=row.id)
        settle_later(act.of_brand(row.brand).for_purpose(SERVICE), subscription=row.id)
    return row.id


def on_subscription_ended(act: Act, event: SubscriptionEnded) -> None:
    """End the service that was paid for: now, or as soon as its driver has answered what it is at.

    Of an end that was set, what changes of it were paid for time after that is given back; of any, what they
    are still to be paid for it is taken back.
    """
    with suppress(NoSuchService):
        end_when_idle(act.for_purpose(SERVICE), service=event.service)
    row = subscription(event.subscription)
    under = act.of_brand(row.brand).in_role("system").for_purpose(BILLING)
    if row.ends_at is not None:
        give_back_after(under, row, row.ends_at)
    for late in late_invoices(row.id):
        if not _is_paid(late, row.account):
            take_back_after(under, invoice=late, end=row.ends_at or row.ended_at or act.at)


def on_service_closed(act: Act, event: ServiceClosed) -> None:
    """End the paying side of a service that is gone, whoever ended it: nothing more is billed.

    What is billed for later is taken back; of one that never ran, what its order billed for it as well.
    """
    row = subscriptions_for([event.service]).get(event.service)
    if row is not None:
        under = act.of_brand(row.brand).for_purpose(SERVICE)
        if row.state is not State.ENDED:
            end_subscription(under, subscription=row.id, reason=row.end_reason or "service")
        settle(under, row)
    gone = service_row(event.service)
    if gone.activated_at is None:
        take_back_unbuilt(act.of_brand(gone.brand), of=gone)


def _own(act: Act, of: AccountId, service: ServiceId) -> SubscriptionRow:
    """Return the subscription of an account's service at act.brand.  Raises NoSuchSubscription."""
    row = subscription_of_service(service, of=of)
    if row.brand != act.brand:
        raise NoSuchSubscription
    return row


def _is_paid(invoice: UUID, of: AccountId) -> bool:
    """Say whether an invoice is paid."""
    try:
        return sheet(InvoiceId(invoice), of=of).is_paid
    except NoSuchInvoice:
        return False
