"""How what is had stands at a moment, and making it something else.  Rows come locked.

Only modules of `subscriptions.actions` and `subscriptions.queries` call this.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, ServiceId
from hostkeep.kernel.money import Money, money, total
from hostkeep.kernel.period import Period as Span
from hostkeep.kernel.terms import Term
from hostkeep.runtime.outbox import publish
from hostkeep.subscriptions.boxing import as_system, seal_told
from hostkeep.subscriptions.discounting import end_discounts, fit_discounts
from hostkeep.subscriptions.errors import NoSuchMove
from hostkeep.subscriptions.events import SubscriptionChanged
from hostkeep.subscriptions.extras import add_up_price, fit_add_ons, had_of
from hostkeep.subscriptions.holding import add_part, calendar_of
from hostkeep.subscriptions.models import Change, Part, Period, Subscription
from hostkeep.subscriptions.rules.add_ons import Had, extras_at, extras_of
from hostkeep.subscriptions.rules.agreeing import Told, told_of
from hostkeep.subscriptions.rules.changing import TERM, BilledAt, Late, Now, Wanted, reckon, turn_of
from hostkeep.subscriptions.rules.changing import Change as Reckoned
from hostkeep.subscriptions.rules.discounts import NOTHING, Off
from hostkeep.subscriptions.rules.projecting import ADD_ON
from hostkeep.subscriptions.rules.prorating import price_of
from hostkeep.subscriptions.rules.states import RENEWS, State


def now_of(row: Subscription, told: Told, at: datetime, had: Sequence[Had] = ()) -> Now:
    """Return how a subscription stands, for a change to be reckoned.  Raises NoSuchMove where it is over.

    had  its add-ons
    """
    plan = plan_of(row)
    if State(row.state) not in RENEWS or plan is None:
        raise NoSuchMove(state=row.state, move="change")
    return Now(
        told=told,
        price=money(plan.unit_minor, row.currency),
        billed=_billed(row, at, had),
        billed_to=row.billed_to,
        calendar=calendar_of(row),
        extras=extras_of(had),
    )


def reckoned_of(act: Act, row: Subscription, told: Told, wanted: Wanted) -> Reckoned:
    """Say what a change comes to now.  Raises SameAsNow, NoSuchMove, BadPrice."""
    had = had_of(act, row)
    after = None if wanted.keeps is None else extras_at(had, wanted.keeps)
    reckoned = reckon(now_of(row, told, act.at, had), wanted.agreed, at=act.at, extras=after)
    return billed_whole(row, reckoned)


def billed_whole(row: Subscription, reckoned: Reckoned) -> Reckoned:
    """Return a change that gives nothing back of what is still to be billed.

    Before late differences were billed at once they stood as a part, for the next invoice: until then the
    lines of that time bear less than is had, and what they would give back was never paid.
    Raises NoSuchMove.
    """
    late = Part.objects.filter(subscription=row, kind=ADD_ON, cycles_left__isnull=False, ended_at=None)
    if reckoned.back.minor and late.exists():
        raise NoSuchMove(state=row.state, move="change")
    return reckoned


def _billed(row: Subscription, at: datetime, had: Sequence[Had]) -> list[BilledAt]:
    """Return the periods of the present term that are billed and not over.

    What was billed in another term stays as it was billed: its price says nothing of this one's.
    """
    found = Period.objects.filter(subscription=row, ends_at__gt=at).order_by("starts_at")
    terms = Change.objects.filter(subscription=row, kind=TERM, state="done")
    last = terms.order_by("-done_at").values_list("done_at", flat=True).first()
    if last is not None:
        found = found.filter(billed_at__gte=last)
    spans = [(Span(each.starts_at, each.ends_at), off_of(row, each)) for each in found]
    return [
        BilledAt(span, price_at(row, max(at, span.start)), off, extras_of(had, span.start))
        for span, off in spans
    ]


def off_of(row: Subscription, period: Period) -> Off:
    """Return the discount that a billed period was given.

    Off something dearer it takes no more than off what it was billed for: who has the smallest machine free
    of charge for a month has not the largest one.
    """
    off = Off(period.off_rate, period.off_minor)
    if off == NOTHING:
        return off
    plans = Part.objects.filter(subscription=row, kind="plan").order_by("-started_at")
    # A new price that was announced stands as a plan that begins with the period, later than its bill.
    begins = plans.filter(started_at=period.starts_at, started_at__gt=period.billed_at).first()
    billed = begins or plans.filter(started_at__lte=period.billed_at).first() or plan_of(row)
    return off.given_on(money(billed.unit_minor if billed else 0, row.currency))


def price_at(row: Subscription, at: datetime) -> Money:
    """Return the price of a whole term, the plan alone, that holds at a moment of what is billed."""
    plans = Part.objects.filter(subscription=row, kind="plan").order_by("-started_at")
    held = plans.filter(started_at__lte=at).exclude(ended_at__lte=at).first()
    found = held or plan_of(row)
    return money(found.unit_minor if found else 0, row.currency)


def plan_of(row: Subscription) -> Part | None:
    """Return the plan part that holds."""
    return Part.objects.filter(subscription=row, kind="plan", ended_at=None).first()


def make_so(act: Act, row: Subscription, change: Change, wanted: Wanted) -> Late:
    """Put what was wanted in place of what is had, and tell the house.

    Returns what is still to be billed: the difference, where something was billed at the old price since a
    dearer one was asked for.
    """
    under, agreed = as_system(act, row), wanted.agreed
    late = _billed_late(act, row, change, wanted)
    if wanted.keeps is not None:
        fit_add_ons(act, row, wanted.keeps)
    Part.objects.filter(subscription=row, kind="plan", ended_at=None).update(ended_at=act.at)
    add_part(under, row, kind="plan", title=agreed.title, unit=agreed.price.minor)
    row.told = seal_told(act, row, told_of(agreed))
    if wanted.ends_discount:
        end_discounts(row, at=act.at)
    _take_term(row, agreed.term, act.at)
    close(act, row, change)
    return late


def close(act: Act, row: Subscription, change: Change) -> None:
    """Note that a change is made, with what the subscription comes to since, and tell the house."""
    add_up_price(row)
    row.save()
    change.state, change.done_at = "done", act.at
    change.save(update_fields=["state", "done_at"])
    publish(act, SubscriptionChanged(row.id, ServiceId(row.service), AccountId(row.account)))


def _take_term(row: Subscription, new: Term, at: datetime) -> None:
    """Count in another term from the end of what is billed, where it is another."""
    old = calendar_of(row).term
    if new != old:
        fit_discounts(row, old=old, new=new, at=at)
        row.unit, row.count, row.anchor_at = new.unit, new.count, row.billed_to


def _billed_late(act: Act, row: Subscription, change: Change, wanted: Wanted) -> Late:
    """Return what periods that were billed since a change was asked for cost more at the new prices."""
    had, code = had_of(act, row) if wanted.keeps is not None else (), wanted.agreed.price.currency
    after = total(list(extras_at(had, wanted.keeps or {}).values()), code)
    dues = list[tuple[Span, Money]]()
    for each, span in billed_since(row, change):
        more = after - total(list(extras_of(had, span.start).values()), code)
        prices = price_at(row, span.start), wanted.agreed.price, off_of(row, each)
        due = turn_of(prices, calendar_of(row), span, at=span.start).due
        dues.append((span, due + price_of(more, calendar_of(row), span)))
    return late_of(dues)


def late_of(dues: Sequence[tuple[Span, Money]]) -> Late:
    """Return what is to be billed of some periods; nothing where all in all there is nothing to pay."""
    if sum(due.minor for _, due in dues) <= 0:
        return ()
    return tuple((span, due) for span, due in dues if due.minor)


def billed_since(row: Subscription, change: Change) -> list[tuple[Period, Span]]:
    """Return the periods that were billed since a change was asked for that had to be paid first."""
    if not change.invoice:
        return []
    late = Period.objects.filter(subscription=row, billed_at__gt=change.asked_at)
    return [(each, Span(each.starts_at, each.ends_at)) for each in late]


def waiting(change: UUID, *, brand: str) -> tuple[Subscription, Change] | None:
    """Return a change that waits, and its subscription, both locked; None where it waits no more."""
    found = Change.objects.filter(id=change, subscription__brand=brand).values_list("subscription", flat=True)
    row = Subscription.objects.select_for_update().filter(id__in=found).first()
    if row is None:
        return None
    stands = Change.objects.select_for_update().filter(id=change, state="waiting").first()
    return (row, stands) if stands else None
