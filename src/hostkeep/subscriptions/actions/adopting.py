"""Counting what ran before it had a subscription: services of a house from before this room."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from hostkeep.audit.recorded import recorded
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId, InvoiceId
from hostkeep.kernel.period import Period as Span
from hostkeep.subscriptions.actions.opening import Opened
from hostkeep.subscriptions.discounting import off_of, spend_discounts
from hostkeep.subscriptions.holding import calendar_of, held
from hostkeep.subscriptions.models import Part, Period, Subscription
from hostkeep.subscriptions.rules.discounts import DISCOUNT
from hostkeep.subscriptions.rules.pricing import made_at, promised
from hostkeep.subscriptions.rules.states import Move, State, after
from hostkeep.subscriptions.rules.terms import checked, number_at, period_no


@recorded("subscriptions.subscription.adopted")
def begin_since(act: Act, *, subscription: UUID, since: datetime, invoice: InvoiceId) -> Opened:
    """Count a subscription from a time that is past: its service ran for long when it was opened.

    since    when the service began to run
    invoice  what its first period was paid by

    Terms that passed since then and were never asked for stay free, up to the end of the one that runs now:
    they stand as one period without an invoice.  The first that is billed is the one after it.  A discount
    for some terms held for the first, and for those that passed as well.
    Again, and for one that counts already: changes nothing.  Raises NoSuchSubscription, DateOutOfReach.
    """
    row = held(subscription, brand=act.brand)
    if row.state != State.WAITING:
        return Opened(row.id, row.state)
    row.anchor_at = since
    plan = checked(calendar_of(row))
    passed = number_at(plan, max(act.at, since))
    first, now = period_no(plan, 0), period_no(plan, passed)
    parts = list(Part.objects.filter(subscription=row, kind=DISCOUNT, ended_at=None))
    _write(act, row, first, invoice, **off_of(parts))
    if now.start >= first.end:
        _write(act, row, Span(first.end, now.end), None)
    for _ in range(min(passed + 1, max((part.cycles_left or 0 for part in parts), default=0))):
        spend_discounts(parts, at=act.at)
    row.billed_to, row.trial_to = now.end, None
    row.state = after(State(row.state), Move.BEGIN).value
    lead = promised(brand(BrandId(row.brand)).words).lead
    row.renew_at = max(act.at, made_at(now, plan, lead))
    row.save()
    return Opened(row.id, row.state)


def _write(act: Act, row: Subscription, span: Span, invoice: InvoiceId | None, **off: int) -> None:
    """Write a period.  off: the discount that it was given."""
    Period.objects.create(
        subscription=row, starts_at=span.start, ends_at=span.end, invoice=invoice, billed_at=act.at,
        unit=row.unit, count=row.count, **off,
    )  # fmt: skip
