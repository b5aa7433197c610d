"""Ending a subscription: now, or at the end of what was paid; and taking that back while it is time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, Ref, ServiceId
from hostkeep.kernel.period import Period as Span
from hostkeep.runtime.outbox import publish
from hostkeep.subscriptions.errors import BadTerm, NoSuchMove
from hostkeep.subscriptions.events import SubscriptionEnded, SubscriptionEnding
from hostkeep.subscriptions.holding import calendar_of, held
from hostkeep.subscriptions.models import Change, Period, Subscription
from hostkeep.subscriptions.rules.pricing import made_at, promised
from hostkeep.subscriptions.rules.states import REASONS, Move, State, after


@dataclass(frozen=True, slots=True)
class Ending:
    """How a subscription's end stands.  ends_at: when it ends or ended; None where none is set."""

    id: UUID
    state: str
    ends_at: datetime | None

    @property
    def ref(self) -> Ref:
        """The subscription."""
        return Ref("subscriptions.subscription", self.id)


@recorded("subscriptions.subscription.cancelled")
def cancel(act: Act, *, subscription: UUID, ends_at: datetime, reason: str) -> Ending:
    """Set the end of a subscription: nothing more is billed, and its service runs until then.

    ends_at  the end of a billed period or of the trial
    reason   a word of rules.states.REASONS

    What is billed for later is to be taken back: settling.settle_ahead.
    A change that waits is dropped.  Publishes SubscriptionEnding.  Again with the same end: changes nothing.
    Raises NoSuchSubscription, NoSuchMove, BadTerm (no such end).
    """
    row = _known(held(subscription, brand=act.brand), reason)
    if row.state == State.ENDING and row.ends_at == ends_at:
        return Ending(row.id, row.state, row.ends_at)
    billed = Period.objects.filter(subscription=row, ends_at=ends_at).exists()
    if ends_at <= act.at or not (billed or ends_at == row.trial_to):
        raise BadTerm(why="end")
    row.state = after(State(row.state), Move.CANCEL).value
    row.ends_at, row.end_reason, row.renew_at, row.settle_at = ends_at, reason, None, act.at
    row.save(update_fields=["state", "ends_at", "end_reason", "renew_at", "settle_at"])
    _drop_waiting(act, row)
    publish(act, SubscriptionEnding(row.id, ServiceId(row.service), AccountId(row.account)))
    return Ending(row.id, row.state, row.ends_at)


@recorded("subscriptions.subscription.kept")
def undo_cancel(act: Act, *, subscription: UUID) -> Ending:
    """Take an end back that has not come: the subscription goes on and is billed as before.

    What was taken back for it is to be billed anew: settling.settle_ahead.

    Raises NoSuchSubscription, NoSuchMove.
    """
    row = held(subscription, brand=act.brand)
    if row.ends_at is None or row.ends_at <= act.at:
        raise NoSuchMove(state=row.state, move=Move.UNDO)
    row.state = after(State(row.state), Move.UNDO).value
    last = Period.objects.filter(subscription=row).order_by("-starts_at").first()
    lead = promised(brand(BrandId(row.brand)).words).lead
    before = Span(last.starts_at if last else row.created_at, row.billed_to)
    row.renew_at = made_at(before, calendar_of(row), lead)
    row.ends_at, row.end_reason, row.settle_at = None, "", act.at
    row.save(update_fields=["state", "ends_at", "end_reason", "renew_at", "settle_at"])
    return Ending(row.id, row.state, None)


@recorded("subscriptions.subscription.ended")
def end_subscription(act: Act, *, subscription: UUID, reason: str) -> Ending:
    """End a subscription now: it was cancelled so, its time has come, or its service is gone.

    reason  a word of rules.states.REASONS; one that was given with an end set before stays

    A change that waits is dropped.  Publishes SubscriptionEnded, once.  Again: changes nothing.
    Raises NoSuchSubscription.
    """
    row = _known(held(subscription, brand=act.brand), reason)
    if row.state == State.ENDED:
        return Ending(row.id, row.state, row.ended_at)
    row.state = after(State(row.state), Move.END).value
    row.end_reason = row.end_reason or reason
    row.ended_at, row.renew_at, row.settle_at = act.at, None, act.at
    row.stopped_at, row.stopped_code = None, ""
    row.save(
        update_fields=[
            "state", "end_reason", "ended_at", "renew_at", "settle_at", "stopped_at", "stopped_code",
        ]
    )
    _drop_waiting(act, row)
    publish(act, SubscriptionEnded(row.id, ServiceId(row.service), AccountId(row.account)))
    return Ending(row.id, row.state, row.ended_at)


def _known(row: Subscription, reason: str) -> Subscription:
    """Return the row if the reason is one.  Raises ValueError."""
    if reason not in REASONS:
        raise ValueError(f"{reason} is no reason for an end")
    return row


def _drop_waiting(act: Act, row: Subscription) -> None:
    """Drop a change that waits: there is nothing left to change."""
    Change.objects.filter(subscription=row, state="waiting").update(state="dropped", done_at=act.at)
