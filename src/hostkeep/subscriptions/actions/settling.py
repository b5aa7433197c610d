"""What is billed ahead, made to agree with where a subscription stands: taken back, or billed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import InvoiceId, Ref
from hostkeep.subscriptions.holding import held
from hostkeep.subscriptions.models import Subscription
from hostkeep.subscriptions.periods import stands_of, turn
from hostkeep.subscriptions.rules.states import RENEWS, State
from hostkeep.subscriptions.rules.turns import MOST_ANEW, Stand

PUT_OFF = timedelta(hours=1)
"""When to try again what went wrong."""


class Settle(Protocol):
    """What bills, and takes back what was billed, in the running transaction."""

    def take_back(self, act: Act, stand: Stand, *, also_paid: bool) -> InvoiceId | None:
        """Take back what bills a period; return the document that says how much, or None where nothing was.

        also_paid  whether what is paid is taken back too: then it is credit
        """
        ...

    def bill_anew(self, act: Act, stand: Stand) -> InvoiceId:
        """Bill once more what was taken back by `stand.document`; return the new invoice."""
        ...


@dataclass(frozen=True, slots=True)
class Settled:
    """How what is billed ahead stands now.

    taken, billed  how many periods were taken back, or billed anew, by this call
    again_at       when the rest is to be billed anew, or None
    """

    id: UUID
    taken: int
    billed: int
    again_at: datetime | None

    @property
    def ref(self) -> Ref:
        """The subscription."""
        return Ref("subscriptions.subscription", self.id)


@recorded("subscriptions.subscription.settled")
def settle_ahead(act: Act, *, subscription: UUID, settle: Settle) -> Settled:
    """Take back what is billed for time after a subscription's end; bill anew what was, where it goes on.

    Of an end that is set, all that is billed for later is taken back; of one that came by itself, what is not
    paid.  A period was billed anew MOST_ANEW times: then it waits until it begins.  The subscription is held
    meanwhile, so that no renewal, end or second call comes in between; each turn is written with its document
    or not at all.  Again: changes nothing.
    Raises NoSuchSubscription, and what `settle` raises; nothing was written then.
    """
    row = held(subscription, brand=act.brand)
    stands = stands_of(row)
    taken, billed, waits = _take_back(act, row, stands, settle), 0, list[datetime]()
    for stand in stands if State(row.state) in RENEWS else ():
        if not stand.is_taken_back:
            continue
        if stand.times >= MOST_ANEW and stand.period.start > act.at:
            waits.append(stand.period.start)
            continue
        turn(act, stand, kind="billed", document=settle.bill_anew(act, stand))
        billed += 1
    row.settle_at = min(waits, default=None)
    row.save(update_fields=["settle_at"])
    return Settled(row.id, taken, billed, row.settle_at)


@recorded("subscriptions.subscription.settled_later")
def settle_later(act: Act, *, subscription: UUID) -> Settled:
    """Try again in a while: it went wrong.  Raises NoSuchSubscription."""
    row = held(subscription, brand=act.brand)
    row.settle_at = act.at + PUT_OFF
    row.save(update_fields=["settle_at"])
    return Settled(row.id, 0, 0, row.settle_at)


def _take_back(act: Act, row: Subscription, stands: Sequence[Stand], settle: Settle) -> int:
    """Take back periods that begin when the subscription is, or will be, over; return how many."""
    done = 0
    for stand in stands:
        start, set_for = stand.period.start, row.ends_at
        after_end = set_for is not None and start >= set_for
        after_all = row.ended_at is not None and start >= row.ended_at
        if stand.is_taken_back or stand.document is None or not (after_end or after_all):
            continue
        document = settle.take_back(act, stand, also_paid=after_end)
        if document is not None:
            turn(act, stand, kind="taken", document=document)
            done += 1
    return done
