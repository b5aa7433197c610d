"""New prices of what somebody has: found under the seals, and taken over when their notice is over.

Only modules of `subscriptions.actions`, and `subscriptions.queries.coming`, which looks ahead, call this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import money
from hostkeep.kernel.period import Period
from hostkeep.subscriptions.boxing import BILLING, add_ons_wish, seal_title, titles_wish, told_wish
from hostkeep.subscriptions.extras import add_up_price, end_parts, frozen_had, go_on
from hostkeep.subscriptions.holding import sum_of
from hostkeep.subscriptions.models import Change, Part, PriceChange, Subscription
from hostkeep.subscriptions.rules.add_ons import ADDED, TAKEN_OFF, Had
from hostkeep.subscriptions.rules.agreeing import Told
from hostkeep.subscriptions.rules.pricing import NewPrice, Promised, holds
from hostkeep.subscriptions.rules.pricing import meant_for as rule_meant_for
from hostkeep.subscriptions.rules.projecting import ADD_ON
from hostkeep.vault.column_door import ColumnWish, use_columns


def new_prices(brand: BrandId, *, by: datetime | None = None) -> tuple[NewPrice, ...]:
    """Return the price changes of a brand that stand.  by: those alone that hold by a time."""
    found = PriceChange.objects.filter(brand=brand, withdrawn_at=None)
    if by is not None:
        found = found.filter(effective_at__lte=by)
    return tuple(
        NewPrice(
            row.product, row.plan, money(row.minor, row.currency), row.announced_at, row.effective_at,
            row.add_on,
        )
        for row in found.order_by("effective_at", "announced_at")
    )  # fmt: skip


def reprice(
    act: Act, rows: Sequence[Subscription], periods: Mapping[UUID, Period], said: Promised
) -> None:
    """Give subscriptions the new prices that their next period begins with; rows are locked by the caller.

    Of the plan, and of each add-on.  What each is for is opened only while the brand has a new price that
    may hold for one of them, and none is where the brand promised that prices stay.
    """
    if said.lock_months is None or not rows:
        return
    changes = new_prices(act.brand, by=max(period.start for period in periods.values()))
    oldest = {row.id: row.created_at for row in rows}
    asked = [row for row in rows if any(oldest[row.id] < each.announced_at for each in changes)]
    if not asked:
        return
    as_system = act.in_role("system").for_purpose(BILLING)

    since = taken_at(asked)

    def taken_over(told: Sequence[Told | None]) -> None:
        for row, what in zip(asked, told, strict=True):
            if what is not None:
                new = holds(
                    meant_for(changes, row, what), starts=periods[row.id].start, since=since[row.id],
                    locked_until=row.locked_until,
                )  # fmt: skip
                if new is not None:
                    _reprice(as_system, row, what, new, periods[row.id])

    use_columns(as_system, wishes=[told_wish(row) for row in asked], fn=taken_over)
    beside = [each for each in changes if each.add_on]
    if beside:
        _reprice_add_ons(act, asked, beside, periods)


def taken_at(rows: Sequence[Subscription]) -> dict[UUID, datetime]:
    """Return when the owners of subscriptions took what they have: they were told its price of then.

    A price that came by an announcement is none that they took: one that is announced later holds as well.
    Nor is one that they were told with an add-on: the plan stays what it was.
    """
    plans = Change.objects.filter(subscription__in=rows, state="done").exclude(kind__in=(ADDED, TAKEN_OFF))
    done = plans.values("subscription")
    changed = dict(done.annotate(at=Max("done_at")).values_list("subscription", "at"))
    return {row.id: changed.get(row.id) or row.created_at for row in rows}


def meant_for(
    changes: Sequence[NewPrice], row: Subscription, told: Told, add_on: str = ""
) -> list[NewPrice]:
    """Return the changes that are about what a subscription is for, or about an add-on of it."""
    return rule_meant_for(
        changes, product=told.product, plan=told.plan, currency=row.currency, add_on=add_on
    )


def _reprice_add_ons(
    act: Act, rows: Sequence[Subscription], changes: Sequence[NewPrice], periods: Mapping[UUID, Period]
) -> None:
    """Give add-ons the new prices that the next period of their subscription begins with.

    changes  of add-ons; a price is promised for as long as that of the plan beside it
    """
    parts: dict[UUID, list[Part]] = {row.id: [] for row in rows}
    for part in Part.objects.filter(
        subscription__in=rows, kind=ADD_ON, ended_at=None, add_on__isnull=False
    ).order_by("started_at", "id"):
        parts[part.subscription_id].append(part)
    having = [row for row in rows if parts[row.id]]
    if not having:
        return
    wishes: list[ColumnWish[Any]] = [told_wish(row) for row in having]
    wishes += [add_ons_wish(row, parts[row.id]) for row in having]

    def taken_over(opened: Sequence[Any]) -> None:
        for row, what, told in zip(having, opened[: len(having)], opened[len(having) :], strict=True):
            if what is None or told is None:
                continue
            for had in frozen_had(parts[row.id], told, row.currency):
                new = holds(
                    meant_for(changes, row, what, had.slug), starts=periods[row.id].start,
                    since=had.taken or row.created_at, locked_until=row.locked_until,
                )  # fmt: skip
                if new is not None and new.each != had.unit:
                    _go_on_at(act, row, had, new, periods[row.id])

    use_columns(act.in_role("system").for_purpose(BILLING), wishes=wishes, fn=taken_over)


def _go_on_at(act: Act, row: Subscription, had: Had, new: NewPrice, period: Period) -> None:
    """Let an add-on go on at a new price from a period on."""
    begins = max(act.at, period.start)
    end_parts([had.id], begins)
    go_on(act, row, replace(had, unit=new.each, since=begins, was=had.unit))
    add_up_price(row)
    row.save(update_fields=["price_minor"])


def _reprice(act: Act, row: Subscription, told: Told, new: NewPrice, period: Period) -> None:
    """Put a new plan part in place of the old one, if its price is another."""
    plan = Part.objects.filter(subscription=row, kind="plan", ended_at=None).first()
    if plan is None or new.each.minor == plan.unit_minor:
        return
    fresh = Part(
        subscription=row, kind="plan", unit_minor=new.each.minor, quantity=plan.quantity,
        started_at=period.start,
    )  # fmt: skip
    fresh.title = use_columns(
        act, wishes=[titles_wish(row, [plan])],
        fn=lambda titles: seal_title(act, row, fresh.id, (titles[0] or {}).get(plan.id, told.title)),
    )  # fmt: skip
    plan.ended_at = period.start
    plan.save(update_fields=["ended_at"])
    fresh.save(force_insert=True)
    row.price_minor = sum_of(Part.objects.filter(subscription=row, ended_at=None, cycles_left=None))
    row.save(update_fields=["price_minor"])
