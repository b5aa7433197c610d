"""Opening a subscription beside a service, and beginning to count when the service runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from hostkeep.audit.recorded import recorded
from hostkeep.brands.queries import brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, BrandId, InvoiceId, Ref, ServiceId, SubjectId
from hostkeep.kernel.period import Period as Span
from hostkeep.kernel.period import months_after
from hostkeep.runtime.deeds import NewKey
from hostkeep.runtime.inserting import insert, insert_last, insert_new
from hostkeep.runtime.written import objects_of
from hostkeep.subscriptions.boxing import seal_told
from hostkeep.subscriptions.discounting import add_discount, off_of, spend_discounts
from hostkeep.subscriptions.errors import NoSuchSubscription, OpenedOtherwise
from hostkeep.subscriptions.extras import write_taken
from hostkeep.subscriptions.holding import calendar_of, new_part
from hostkeep.subscriptions.models import Part, Period, Subscription
from hostkeep.subscriptions.rules.agreeing import Agreed, checked, checked_taken, told_of
from hostkeep.subscriptions.rules.discounts import DISCOUNT
from hostkeep.subscriptions.rules.pricing import made_at, promised
from hostkeep.subscriptions.rules.states import Move, State, after
from hostkeep.subscriptions.rules.terms import checked as checked_calendar
from hostkeep.subscriptions.rules.terms import period_no


@dataclass(frozen=True, slots=True)
class Opened:
    """A subscription that stands.  state: of rules.states."""

    id: UUID
    state: str

    @property
    def ref(self) -> Ref:
        """The subscription."""
        return Ref("subscriptions.subscription", self.id)


@recorded("subscriptions.subscription.opened")
def open_subscription(
    act: Act, *, account: AccountId, subject: SubjectId, service: ServiceId, agreed: Agreed, once: str
) -> Opened:
    """Open the paying side of a service; it counts from when the service runs (begin_subscription).

    subject  whose key seals what was taken
    once     idempotency key, at most 128 characters; the same key opens nothing more, and a NewKey something

    Writes a Subscription with a Part for its plan, each add-on and its discount, or nothing.
    Raises BadTerm, BadPrice, TooManyAddOns, DateOutOfReach, OpenedOtherwise (with the first one's id), vault
    refusals.
    """
    checked(agreed)
    is_new = isinstance(once, NewKey)
    for known in () if is_new else objects_of(_by_once, once):
        return _again(known, account, service, agreed)
    row = Subscription(
        id=uuid4(), once=once, brand=act.brand, account=account, subject=subject, service=service,
        unit=agreed.term.unit, count=agreed.term.count, zone=brand(act.brand).zone,
        currency=agreed.price.currency.code, price_minor=_price_of(agreed), state=State.WAITING.value,
        anchor_at=act.at, billed_to=act.at, created_at=act.at,
        trial_to=act.at + timedelta(days=agreed.trial_days) if agreed.trial_days else None,
    )  # fmt: skip
    checked_calendar(calendar_of(row))
    row.told = seal_told(act, row, told_of(agreed))
    plan = new_part(act, row, kind="plan", title=agreed.title, unit=agreed.price.minor)
    if is_new:
        insert_last(row, plan)
    elif insert_new(row):
        insert([plan])
    else:
        return _again(Subscription.objects.get(once=once), account, service, agreed)
    for taken in agreed.add_ons:
        write_taken(act, row, checked_taken(taken, currency=row.currency))
    if agreed.discount is not None:
        add_discount(act, row, agreed.discount)
    return Opened(row.id, row.state)


@recorded("subscriptions.subscription.begun")
def begin_subscription(act: Act, *, service: ServiceId, invoice: InvoiceId | None) -> Opened:
    """Count from now: the service runs.

    invoice  what its first period was paid by, or None where that is free

    A trial begins where one was agreed on, and its first period after it.  Writes the first Period, and when
    the next invoice is due.  Again: changes nothing.  Raises NoSuchSubscription, DateOutOfReach.
    """
    row = Subscription.objects.select_for_update().filter(service=service).first()
    if row is None:
        raise NoSuchSubscription
    if row.state != State.WAITING:
        return Opened(row.id, row.state)
    said = promised(brand(BrandId(row.brand)).words)
    trial = row.trial_to - row.created_at if row.trial_to else timedelta()
    row.anchor_at = row.billed_to = act.at + trial
    row.trial_to = act.at + trial if trial else None
    row.state = after(State(row.state), Move.BEGIN_TRIAL if trial else Move.BEGIN).value
    if said.lock_months:
        row.locked_until = _locked(row.anchor_at, said.lock_months, row.zone)
    now = Span(act.at, row.billed_to)
    if not trial:
        first = period_no(calendar_of(row), 0)
        parts = list(Part.objects.filter(subscription=row, ended_at=None))
        Period.objects.create(
            subscription=row, starts_at=first.start, ends_at=first.end, invoice=invoice, billed_at=act.at,
            unit=row.unit, count=row.count, **off_of(parts),
        )  # fmt: skip
        spend_discounts([part for part in parts if part.kind == DISCOUNT], at=act.at)
        row.billed_to, now = first.end, first
    row.renew_at = made_at(now, calendar_of(row), said.lead)
    row.save()
    return Opened(row.id, row.state)


def _by_once(once: str) -> QuerySet[Subscription]:
    """Return the query of the subscription that a key opened."""
    return Subscription.objects.filter(once=once)


def _price_of(agreed: Agreed) -> int:
    """Return what a whole term comes to, add-ons with it: a discount that holds for good is taken off."""
    off = agreed.discount
    extras = sum(each.add_on.unit.minor * each.quantity for each in agreed.add_ons if each.add_on.recurs)
    return agreed.price.minor + extras - (off.each.minor if off is not None and off.periods is None else 0)


def _again(known: Subscription, account: AccountId, service: ServiceId, agreed: Agreed) -> Opened:
    """Answer for a key that was used before, if it was used for the same."""
    same = (known.account, known.service, known.currency) == (account, service, agreed.price.currency.code)
    if not same:
        raise OpenedOtherwise(subscription=str(known.id))
    return Opened(known.id, known.state)


def _locked(since: datetime, months: int, zone: str) -> datetime:
    """Return until when a price is promised."""
    return months_after(since.astimezone(ZoneInfo(zone)), months)
