"""Announcing that a plan or an add-on costs something else, and telling who has it: what, when, how to leave.

What each has is sealed, so all subscriptions of the brand that go on are opened, some hundred at a time.
Each mail has a key of its own: told again, nobody hears it twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from hostkeep.brands.queries import BrandRow
from hostkeep.brands.queries import brand as brand_row
from hostkeep.flows.notices import write_to
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import ActorId, PurposeId
from hostkeep.kernel.money import Money, total
from hostkeep.messaging.queries import MailRow
from hostkeep.messaging.rules.shown import amount_text, day_text
from hostkeep.runtime.addresses import brand_url
from hostkeep.shop.queries.add_ons import recurs_beside
from hostkeep.shop.queries.plans import is_plan_on_file
from hostkeep.subscriptions.actions.pricing import Announced, announce_price
from hostkeep.subscriptions.errors import NoSuchPlan
from hostkeep.subscriptions.events import PriceAnnounced
from hostkeep.subscriptions.queries.add_ons import had_by
from hostkeep.subscriptions.queries.prices import PriceChangeRow, going_on, price_change
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, SubscriptionTold, subscription
from hostkeep.subscriptions.rules.add_ons import Had, counted
from hostkeep.subscriptions.rules.terms import number_at, start_of
from hostkeep.vault.column_door import use_columns

BILLING = PurposeId("billing")
AT_ONCE = 300
MOST_COUNTED = 3000
"""Subscriptions that are opened for one count."""

COUNTER = ActorId("job:price-count")
"""Who counts: the program.  It opens what everybody has, and lets nothing of it out but a number."""


@dataclass(frozen=True, slots=True)
class PlanPrice:
    """A plan, or an add-on beside it, and what it is to cost.

    each    for a whole term, as the brand's prices are; of an add-on: one piece
    add_on  slug of the add-on; empty: the plan itself
    """

    product: str
    plan: str
    each: Money
    add_on: str = ""


@dataclass(frozen=True, slots=True)
class OffSale:
    """An add-on that is sold no more, and still had.

    product, plan, add_on  slugs
    title                  as it was sold
    """

    product: str
    plan: str
    add_on: str
    title: str


@dataclass(frozen=True, slots=True)
class Touched:
    """How many subscriptions a new price is for.

    is_whole  False where the brand has more than are looked through for one count: it is so many at least
    """

    count: int
    is_whole: bool


def announce(act: Act, *, new: PlanPrice, since: datetime | None) -> Announced:
    """Announce another price of a plan of act.brand, one that is on sale or was, or of an add-on beside it.

    since  None: as early as the brand's notice lets it hold
    Raises NoSuchPlan, also of an add-on that is bought once, or that the product does not offer and nobody
    has any more, and what announce_price refuses.
    """
    if not is_plan_on_file(act.brand, product=new.product, plan=new.plan):
        raise NoSuchPlan
    sold = not new.add_on or recurs_beside(act.brand, product=new.product, add_on=new.add_on)
    if not sold and not is_had(act, new=new):
        raise NoSuchPlan
    return announce_price(
        act, product=new.product, plan=new.plan, each=new.each, effective_at=since, add_on=new.add_on
    )


def is_had(act: Act, *, new: PlanPrice) -> bool:
    """Say whether a subscription of act.brand that goes on has an add-on, sold still or not."""
    under = _counting(act)
    runs = _runs(act, new.each.currency.code)
    return any(_having(under, rows, new, act.at) for rows in runs)


def sold_no_more(act: Act) -> tuple[OffSale, ...]:
    """Return the add-ons that act.brand sells no more and somebody still has, by product, plan and slug.

    Every subscription that goes on is looked through: ask for it where somebody wants to know.
    """
    under, found = _counting(act), dict[tuple[str, str, str], str]()
    for code in brand_row(act.brand).currencies:
        for rows in _runs(act, code):
            had = had_by(under, [row.id for row in rows])
            having = [row for row in rows if row.id in had]
            for row in use_columns(under, wishes=[row.wish for row in having], fn=_opened):
                for each in had[row.id]:
                    found.setdefault((row.told.product, row.told.plan, each.slug), each.title)
    return tuple(
        OffSale(product, plan, add_on, title) for (product, plan, add_on), title in sorted(found.items())
        if not recurs_beside(act.brand, product=product, add_on=add_on)
    )  # fmt: skip


def _opened(told: Sequence[SubscriptionTold | None]) -> tuple[SubscriptionTold, ...]:
    """Return the rows that opened."""
    return tuple(row for row in told if row is not None)


def _runs(act: Act, currency: str) -> Iterator[tuple[SubscriptionRow, ...]]:
    """Give the subscriptions of act.brand that go on in a currency, some hundred at a time."""
    last: UUID | None = None
    while rows := going_on(act.brand, before=act.at, currency=currency, last=last, most=AT_ONCE):
        yield rows
        last = rows[-1].id


def _counting(act: Act) -> Act:
    """Return the act of the program that looks at what everybody has."""
    return replace(act, actor=COUNTER, role="system", purpose=BILLING)


def touched(act: Act, *, new: PlanPrice, before: datetime) -> Touched:
    """Count the subscriptions of act.brand that go on and had a plan, or an add-on of it, before a time."""
    under = _counting(act)
    last: UUID | None = None
    seen = count = 0
    while rows := going_on(
        act.brand, before=before, currency=new.each.currency.code, last=last, most=AT_ONCE
    ):
        if seen >= MOST_COUNTED:
            return Touched(count, is_whole=False)
        count += len(_having(under, rows, new, before))
        seen, last = seen + len(rows), rows[-1].id
    return Touched(count, is_whole=True)


def on_price_announced(act: Act, event: PriceAnnounced) -> None:
    """Write to everybody who has the plan or add-on.  Cut off, it begins again, and writes to the rest."""
    change = price_change(event.change)
    if change.withdrawn_at is not None:
        return
    under = act.of_brand(change.brand).in_role("system").for_purpose(BILLING)
    last: UUID | None = None
    while rows := _some(change, last):
        for row in _having(under, rows, change, change.announced_at):
            about = {"change": change.id, "subscription": row.id}
            write_to(under, row.account, "billing/price", stream="billing", about=about)
        last = rows[-1].id


def said_of(act: Act, row: MailRow, brand: BrandRow) -> Mapping[str, object]:
    """Return what the mail says: what it is, the old price and the new one, and from when."""
    change = price_change(UUID(row.facts["change"]))
    had = subscription(UUID(row.facts["subscription"]))
    under = act.for_purpose(BILLING)
    add_on, old, new = "", had.price, change.each
    if change.add_on:
        mine = _touched(had_by(under, [had.id]).get(had.id, ()), change.add_on, change.announced_at)
        pieces = sum(each.quantity for each in mine)
        add_on = counted(mine[0].title, pieces) if mine else ""
        old = total([(each.was or each.unit).times(each.quantity) for each in mine], change.each.currency)
        new = change.each.times(pieces)
    return use_columns(
        under,
        wishes=[had.wish],
        fn=lambda told: {
            "service": told[0].told.title if told[0] else "",
            "add_on": add_on,
            "old": amount_text(old, row.language),
            "new": amount_text(new, row.language),
            "net": brand.prices == "net",
            "day": day_text(first_at(had, change.effective_at), brand.zone, row.language),
            "link": brand_url(brand.host, f"/account/services/{had.service}/"),
        },
    )


def first_at(row: SubscriptionRow, effective_at: datetime) -> datetime:
    """Return when the first period begins that a new price holds for."""
    if effective_at <= row.billed_to:
        return row.billed_to
    n = number_at(row.calendar, effective_at)
    here = start_of(row.calendar, n)
    return here if here == effective_at else start_of(row.calendar, n + 1)


def _some(change: PriceChangeRow, last: UUID | None) -> tuple[SubscriptionRow, ...]:
    return going_on(
        change.brand, before=change.announced_at, currency=change.each.currency.code, last=last, most=AT_ONCE
    )


def _having(
    act: Act, rows: Sequence[SubscriptionRow], change: PriceChangeRow | PlanPrice, before: datetime
) -> tuple[SubscriptionTold, ...]:
    """Return those of some subscriptions that have the plan, and the add-on since before a time."""

    def having(told: Sequence[SubscriptionTold | None]) -> tuple[SubscriptionTold, ...]:
        return tuple(
            row for row in told
            if row is not None and (row.told.product, row.told.plan) == (change.product, change.plan)
        )  # fmt: skip

    found = use_columns(act, wishes=[row.wish for row in rows], fn=having)
    if not change.add_on:
        return found
    had = had_by(act, [row.id for row in found])
    return tuple(row for row in found if _touched(had.get(row.id, ()), change.add_on, before))


def _touched(had: Sequence[Had], add_on: str, before: datetime) -> list[Had]:
    """Return the parts of an add-on that were taken before a time."""
    return [each for each in had if each.slug == add_on and (each.taken is None or each.taken < before)]
