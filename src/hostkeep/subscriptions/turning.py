"""How what is had stands at a moment, and making it something else.  Rows come locked.

Only modules of `subscriptions.actions` and `subscriptions.queries` call this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, ServiceId
from hostkeep.kernel.money import Money, money
from hostkeep.kernel.period import Period as Span
from hostkeep.kernel.terms import Term
from hostkeep.runtime.inserting import insert
from hostkeep.runtime.outbox import publish
from hostkeep.subscriptions.boxing import as_system, seal_told
from hostkeep.subscriptions.discounting import end_discounts, fit_discounts
from hostkeep.subscriptions.errors import NoSuchMove
from hostkeep.subscriptions.events import SubscriptionChanged
from hostkeep.subscriptions.extras import add_up_price, fit_add_ons, had_of
from hostkeep.subscriptions.holding import calendar_of, new_part
from hostkeep.subscriptions.models import Change, Part, Period, Subscription
from hostkeep.subscriptions.rules.add_ons import Had, extras_at, extras_of
from hostkeep.subscriptions.rules.agreeing import Taken, Told, told_of
from hostkeep.subscriptions.rules.changing import (
    TERM,
    BilledAt,
    InTerm,
    Late,
    Now,
    Wanted,
    reckon,
)
from hostkeep.subscriptions.rules.changing import Change as Reckoned
from hostkeep.subscriptions.rules.discounts import NOTHING, Off
from hostkeep.subscriptions.rules.projecting import ADD_ON
from hostkeep.subscriptions.rules.prorating import by_its_days
from hostkeep.subscriptions.rules.states import RENEWS, State
from hostkeep.subscriptions.rules.taking_hold import in_another_term, late_for
from hostkeep.subscriptions.rules.terms import Calendar, term


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
    earlier = {term: (then.price, _extras(had, then.keeps)) for term, then in wanted.earlier.items()}
    reckoned = reckon(
        now_of(row, told, act.at, had), wanted.agreed, at=act.at, extras=_extras(had, wanted.keeps),
        earlier=earlier,
    )  # fmt: skip
    return billed_whole(row, reckoned)


def in_all_terms(row: Subscription, wanted: Wanted, at: datetime) -> Wanted:
    """Return what is wanted with what it comes to for every term before, of which a period is not over.

    For one that it is not sold for, its days count at the price that it is sold at.  Where another term is
    wanted nothing is: what is billed stays as it is.
    """
    sold, earlier = wanted.agreed.term, dict(wanted.earlier)
    for plan, span in earlier_of(row, at) if sold == calendar_of(row).term else ():
        price = by_its_days(wanted.agreed.price, sold, plan, span)
        keeps = None
        if wanted.keeps is not None:
            keeps = {slug: by_its_days(each, sold, plan, span) for slug, each in wanted.keeps.items()}
        earlier.setdefault(plan.term, InTerm(price, keeps))
    return replace(wanted, earlier=earlier)


def taken_in_all_terms(row: Subscription, taken: Taken, at: datetime) -> Taken:
    """Return an add-on with its price for every term before, of which a period is not over, as above."""
    sold, earlier = calendar_of(row).term, dict(taken.add_on.earlier)
    for plan, span in earlier_of(row, at):
        earlier.setdefault(plan.term, by_its_days(taken.add_on.unit, sold, plan, span))
    return replace(taken, add_on=replace(taken.add_on, earlier=earlier))


def earlier_of(row: Subscription, at: datetime) -> list[tuple[Calendar, Span]]:
    """Return the billed periods that are not over and of a term before the one that is had, oldest first."""
    term = calendar_of(row).term
    spans = [(plan_of_period(row, each), Span(each.starts_at, each.ends_at)) for each in not_over(row, at)]
    return [(plan, span) for plan, span in spans if plan.term != term]


def _extras(had: Sequence[Had], keeps: Mapping[str, Money] | None) -> Mapping[str, Money] | None:
    """Return what each add-on that is kept comes to for a whole term; None: all do what they do now."""
    return None if keeps is None else extras_at(had, keeps)


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
    """Return the periods that are billed and not over, each as of its own term."""
    spans = [(Span(each.starts_at, each.ends_at), each) for each in not_over(row, at)]
    return [
        BilledAt(
            span, price_at(row, max(at, span.start)), off_of(row, each), extras_of(had, span.start),
            plan_of_period(row, each),
        )
        for span, each in spans
    ]  # fmt: skip


def not_over(row: Subscription, at: datetime) -> list[Period]:
    """Return the billed periods that are not over, oldest first.

    One from before terms of periods were kept, billed before the term that is had, is left out: it stays as
    it was billed, for its price says nothing of this one's.
    """
    found = list(Period.objects.filter(subscription=row, ends_at__gt=at).order_by("starts_at"))
    if all(each.unit for each in found):
        return found
    terms = Change.objects.filter(subscription=row, kind=TERM, state="done")
    last = terms.order_by("-done_at").values_list("done_at", flat=True).first()
    return [each for each in found if each.unit or last is None or each.billed_at >= last]


def plan_of_period(row: Subscription, period: Period) -> Calendar:
    """Return what a billed period is a period of, counted from its own begin."""
    now = calendar_of(row)
    return Calendar(period.starts_at, now.zone, term(period.unit, period.count) if period.unit else now.term)


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
    # So does the plan of another term; what it was changed into since begins with it too, and ends later.
    ahead = plans.filter(started_at=period.starts_at, started_at__gt=period.billed_at)
    begins = ahead.exclude(ended_at=F("started_at")).order_by("ended_at").first()
    # Of two that begin at one instant the first is what was billed: the other came in its place.
    held = plans.filter(started_at__lte=period.billed_at).exclude(ended_at__lt=period.billed_at)
    billed = begins or held.order_by("-started_at", "ended_at").first() or plan_of(row)
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
    agreed = wanted.agreed
    late = _billed_late(act, row, change, wanted)
    earlier = _earlier_parts(row, wanted, act.at)
    if agreed.term != calendar_of(row).term:
        begins = max(act.at, row.billed_to)
    else:
        begins = max((span.end for span, _ in earlier), default=act.at)
    if wanted.keeps is not None:
        fit_add_ons(act, row, wanted.keeps, begins=begins, was=earlier[-1][1].keeps if earlier else None)
    _put_plan(act, row, wanted, earlier, begins)
    row.told = seal_told(act, row, told_of(agreed))
    if wanted.ends_discount:
        end_discounts(row, at=act.at)
    _take_term(row, agreed.term, act.at)
    close(act, row, change)
    return late


def _earlier_parts(row: Subscription, wanted: Wanted, at: datetime) -> list[tuple[Span, InTerm]]:
    """Return the billed periods of a term before that what is wanted holds in, with what it comes to there.

    None where another term is wanted: all that is billed stays as it is.
    """
    if wanted.agreed.term != calendar_of(row).term:
        return []
    found = [(span, wanted.earlier.get(plan.term)) for plan, span in earlier_of(row, at)]
    return [(span, then) for span, then in found if then is not None]


def _put_plan(
    act: Act, row: Subscription, wanted: Wanted, earlier: Sequence[tuple[Span, InTerm]], begins: datetime
) -> None:
    """Put a plan in place of the one that is had.

    earlier  billed periods of a term before, that are not over, and what is wanted comes to in them
    begins   when the term begins that it is for.  What is had stays until then where that is another one
    """
    under, agreed = as_system(act, row), wanted.agreed
    plans = Part.objects.filter(Q(ended_at=None) | Q(ended_at__gt=act.at), subscription=row, kind="plan")
    of_another = agreed.term != calendar_of(row).term
    plans.filter(ended_at=None).update(ended_at=begins if of_another else act.at)
    if earlier:
        plans.update(ended_at=act.at)
    for span, then in earlier:
        part = new_part(under, row, kind="plan", title=agreed.title, unit=then.price.minor)
        part.started_at, part.ended_at = max(act.at, span.start), span.end
        insert([part])
    part = new_part(under, row, kind="plan", title=agreed.title, unit=agreed.price.minor)
    part.started_at = begins
    insert([part])


def close(act: Act, row: Subscription, change: Change) -> None:
    """Note that a change is made, with what the subscription comes to since, and tell the house."""
    add_up_price(row)
    row.save()
    change.state, change.done_at = "done", act.at
    change.save(update_fields=["state", "done_at"])
    publish(act, SubscriptionChanged(row.id, ServiceId(row.service), AccountId(row.account)))


def _take_term(row: Subscription, new: Term, at: datetime) -> None:
    """Count in another term from the end of what is billed, where it is another."""
    plan = calendar_of(row)
    if new != plan.term:
        fit_discounts(row, old=plan.term, new=new, at=at)
        plan = in_another_term(plan, new, billed_to=row.billed_to)
        row.unit, row.count = plan.term.unit, plan.term.count
        row.anchor_at, row.align_day = plan.anchor, plan.align_day


def _billed_late(act: Act, row: Subscription, change: Change, wanted: Wanted) -> Late:
    """Return what periods that were billed since a change was asked for cost more at the new prices."""
    had = had_of(act, row) if wanted.keeps is not None else ()
    return late_for(wanted, billed_without(row, change, had), calendar_of(row), had)


def billed_without(row: Subscription, change: Change, had: Sequence[Had]) -> list[BilledAt]:
    """Return the periods that were billed since a change was asked for, at what they were billed at.

    had  the add-ons of the subscription
    """
    return [
        BilledAt(span, price_at(row, span.start), off_of(row, each), extras_of(had, span.start))
        for each, span in billed_since(row, change)
    ]


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
