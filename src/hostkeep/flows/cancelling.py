"""Ending what recurs: now, or when what was paid is used up; and ending the service with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.errors import NoSuchInvoice, NothingToCredit
from hostkeep.billing.queries.invoices import invoice_by_once, sheet
from hostkeep.flows.billing_one import Item, bill_one
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, InvoiceId, PurposeId, Ref, ServiceId
from hostkeep.provisioning.actions.asking import close_service
from hostkeep.provisioning.errors import NoSuchService
from hostkeep.provisioning.events import ServiceClosed
from hostkeep.subscriptions.actions.cancelling import Ending, cancel, end_subscription, undo_cancel
from hostkeep.subscriptions.errors import NoSuchMove, NoSuchSubscription
from hostkeep.subscriptions.events import SubscriptionEnded
from hostkeep.subscriptions.queries.subscriptions import (
    PeriodRow,
    SubscriptionRow,
    ending_due,
    periods_of,
    subscription_of_service,
    subscriptions_for,
)
from hostkeep.subscriptions.rules.states import State
from hostkeep.vault.column_door import use_columns

log = structlog.get_logger()

BILLING = PurposeId("billing")
SERVICE = PurposeId("service")


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
    ends = row.trial_to if row.state is State.TRIAL else None
    unpaid: list[InvoiceId] = []
    for each in reversed(periods_of(row.id)):
        if each.period.end <= act.at:
            continue
        invoice, _ = _billed_by(row.id, each)
        if invoice is not None and each.period.start > act.at and not _is_paid(invoice, of):
            unpaid.append(invoice)
        else:
            ends = each.period.end
    return Outlook(row, ends if ends and ends > act.at else None, tuple(unpaid))


def cancel_at_end(act: Act, *, of: AccountId, service: ServiceId) -> Ending:
    """Let an account's service run for what was paid, and end then.

    Raises NoSuchSubscription, NoSuchMove (nothing is left to run for).
    """
    seen = outlook(act, of=of, service=service)
    if seen.ends_at is None:
        raise NoSuchMove(state=seen.row.state, move="cancel")
    done = cancel(act, subscription=seen.row.id, ends_at=seen.ends_at, reason="customer")
    _take_back(act, seen)
    return done


def cancel_now(act: Act, *, of: AccountId, service: ServiceId) -> Ending:
    """End an account's service now: its content is destroyed, and nothing is paid back for what is left.

    The face has asked for a confirmation.  Raises NoSuchSubscription.
    """
    seen = outlook(act, of=of, service=service)
    done = end_subscription(act, subscription=seen.row.id, reason="customer")
    _take_back(act, seen)
    return done


def keep(act: Act, *, of: AccountId, service: ServiceId) -> Ending:
    """Take back a cancellation that has not come to pass; what was billed ahead is billed anew.

    Raises NoSuchSubscription, NoSuchMove.
    """
    row = _own(act, of, service)
    done = undo_cancel(act, subscription=row.id)
    _bill_anew(act, row)
    return done


def end_due(act: Act) -> int:
    """End what has come to its end; return how much.  One that goes wrong does not stop the next."""
    found = ending_due(act.at)
    for row in found:
        under = act.of_brand(row.brand).for_purpose(SERVICE)
        try:
            end_subscription(under, subscription=row.id, reason=row.end_reason or "customer")
        except Exception as error:  # noqa: BLE001  the rest must go on
            log.warning("ending.failed", subscription=str(row.id), code=type(error).__name__, trace=act.trace)
    return len(found)


def on_subscription_ended(act: Act, event: SubscriptionEnded) -> None:
    """End the service that was paid for.  Raises StillBusy while its driver is at work: it is tried again."""
    try:
        close_service(act.for_purpose(SERVICE), service=event.service)
    except NoSuchService:
        return


def on_service_closed(act: Act, event: ServiceClosed) -> None:
    """End the paying side of a service that is gone, whoever ended it: nothing more is billed."""
    row = subscriptions_for([event.service]).get(event.service)
    if row is not None and row.state is not State.ENDED:
        under = act.of_brand(row.brand).for_purpose(SERVICE)
        end_subscription(under, subscription=row.id, reason=row.end_reason or "service")


def _take_back(act: Act, seen: Outlook) -> None:
    """Take back what is billed for time after the end."""
    under = act.in_role("system").for_purpose(BILLING)
    for invoice in seen.unpaid:
        try:
            credit_whole(under, invoice=invoice, reason="cancelled", once=f"ended:{invoice}")
        except NothingToCredit:
            log.info("ending.nothing_to_credit", invoice=str(invoice), trace=act.trace)


def _bill_anew(act: Act, row: SubscriptionRow) -> None:
    """Bill once more the periods whose invoice was taken back when the end was set."""
    ahead = [each for each in periods_of(row.id) if row.ends_at and each.period.start >= row.ends_at]
    if not ahead:
        return
    under = act.in_role("system").for_purpose(SERVICE)
    told = use_columns(under, wishes=[row.wish], fn=lambda opened: opened[0].told if opened[0] else None)
    if told is None:
        return
    for each in ahead:
        item = Item(
            told.title, told.product, row.price, Ref("subscriptions.subscription", row.id), each.period
        )
        bill_one(
            act, account=row.account, item=item, due_in=max(each.period.start - act.at, timedelta()),
            once=_kept(row.id, each, _billed_by(row.id, each)[1]),
        )  # fmt: skip


def _billed_by(subscription: UUID, each: PeriodRow) -> tuple[InvoiceId | None, int]:
    """Return the newest invoice of a period, and how often it was billed anew."""
    found, times = InvoiceId(each.invoice) if each.invoice else None, 0
    while kept := invoice_by_once(_kept(subscription, each, times)):
        found, times = kept, times + 1
    return found, times


def _kept(subscription: UUID, each: PeriodRow, times: int) -> str:
    """Return the key under which a period is billed anew."""
    return f"kept:{subscription}:{int(each.period.start.timestamp())}:{times}"


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
