"""Add-ons of a service that runs: what can be had beside it, one more, and one taken off."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hostkeep.brands.queries import brand
from hostkeep.flows.billing_one import gross_of_dues
from hostkeep.flows.change_bills import told_of
from hostkeep.flows.changing import demand_paid, own, settle
from hostkeep.flows.earlier_terms import add_on_prices
from hostkeep.flows.giving_back import back_of, gross_of, ground_of
from hostkeep.kernel.act import Act
from hostkeep.kernel.ids import AccountId, ServiceId
from hostkeep.kernel.money import Money
from hostkeep.people.queries import account as account_row
from hostkeep.shop.errors import NoSuchAddOn as NotOffered
from hostkeep.shop.queries.add_ons import add_ons_for
from hostkeep.shop.rules.rows import AddOnRow
from hostkeep.subscriptions.actions.add_ons import ask_add_on, take_off_add_on
from hostkeep.subscriptions.asking import Asked
from hostkeep.subscriptions.errors import NoSuchAddOn, TooManyAddOns
from hostkeep.subscriptions.queries.add_ons import had_of, preview_less, preview_more
from hostkeep.subscriptions.queries.changes import asked_before
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow
from hostkeep.subscriptions.rules.add_ons import Had, pieces_of
from hostkeep.subscriptions.rules.agreeing import AddOn, Taken
from hostkeep.subscriptions.rules.changing import Change, GivenBack
from hostkeep.subscriptions.rules.states import RENEWS


@dataclass(frozen=True, slots=True)
class Offer:
    """An add-on that can be had beside a service.  had: how many it has; room: how many more it may have."""

    row: AddOnRow
    had: int
    room: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What so many pieces of an add-on more, or less, come to now.

    title, quantity  what they are
    price   of all of them for a whole term; once: with the first bill; as the brand's prices are
    change  what they come to for what is left of all that is billed
    due     what a page hands back: to be paid now, or less than nothing: given back
    gross   the same with tax
    recurs  whether they are billed each term
    work    whether something is done to the service
    """

    slug: str
    title: str
    quantity: int
    price: Money
    once: Money
    change: Change
    due: Money
    gross: Money
    recurs: bool
    work: bool

    @property
    def given(self) -> Money:
        """What is given back, with tax."""
        return -self.gross


def offers(act: Act, *, of: AccountId, service: ServiceId, language: str) -> tuple[Offer, ...]:
    """Return what an account can have beside a service, as the catalogue sells it today.

    Nothing for a service that does not go on, or whose term the catalogue does not know.
    Raises NoSuchSubscription.
    """
    row = own(act, of, service)
    if row.state not in RENEWS:
        return ()
    had = had_of(act, row.id, of=of)
    return tuple(_offer(each, had) for each in _offered(act, row, language))


def quote_more(
    act: Act, *, of: AccountId, service: ServiceId, wish: tuple[str, int], language: str
) -> Quote:
    """Say what so many of an add-on would come to now, and do nothing.

    wish  which, as the catalogue names it, and how many
    Raises NoSuchSubscription, NoSuchMove, NotOffered (the shop's NoSuchAddOn), TooManyAddOns.
    """
    row = own(act, of, service)
    offer, taken = _wished(act, row, wish, language)
    change = preview_more(act, row.id, of=of, taken=taken)
    due = change.due + taken.once
    dues = [each.turn.due for each in change.shares if each.turn.due.minor]
    dues += [taken.once] if taken.once.minor else []
    gross = gross_of_dues(act, of, dues, told_of(act, row).told.product) if dues else due
    add_on = taken.add_on
    return Quote(
        add_on.slug, add_on.title, taken.quantity, add_on.unit.times(taken.quantity), taken.once, change, due,
        gross, offer.row.recurs, offer.row.work,
    )  # fmt: skip


def add(
    act: Act, *, of: AccountId, service: ServiceId, wish: tuple[str, int], expected: int, once: str
) -> Asked:
    """Ask for so many of an add-on, at what was shown or not at all; the invoice is made at once.

    wish      which, and how many
    expected  the quote's due, in minor units
    once      idempotency key, at most 64 characters

    What costs nothing now holds at once.  Raises NoSuchSubscription, NotOffered, TooManyAddOns, NoSuchMove,
    ChangeWaits, BadPrice (something else by now).
    """
    row = own(act, of, service)
    if known := _asked_before(act, row, once):
        return known
    offer, taken = _wished(act, row, wish, account_row(of).language or brand(act.brand).languages[0])
    asked = ask_add_on(
        act, subscription=row.id, of=of, taken=taken, most=offer.row.most,
        expected=Money(expected, row.price.currency), once=once,
    )  # fmt: skip
    settle(act, asked.id)
    return asked


def quote_less(act: Act, *, of: AccountId, service: ServiceId, wish: tuple[str, int]) -> Quote:
    """Say what would be given back where so many of an add-on are taken off, and do nothing.

    Raises NoSuchSubscription, NoSuchMove, NoSuchAddOn.
    """
    row = own(act, of, service)
    slug, quantity = wish
    had = [each for each in had_of(act, row.id, of=of) if each.slug == slug]
    change = preview_less(act, row.id, of=of, slug=slug, quantity=quantity)
    ground = ground_of(act, row, product=told_of(act, row).told.product)
    gross = -gross_of(ground, back_of(ground, change, _lines_of(had)), change.due)
    part, nothing = had[-1], row.price.times(0)
    return Quote(
        slug, part.title, quantity, part.unit.times(quantity), nothing, change, change.turn.due, gross,
        recurs=True, work=part.work,
    )  # fmt: skip


def take_off(
    act: Act, *, of: AccountId, service: ServiceId, wish: tuple[str, int], expected: int, once: str
) -> Asked:
    """Take so many of an add-on off now; what is left of their price is the account's credit.

    wish      which, and how many
    expected  the quote's due, in minor units, less than nothing or nothing
    once      idempotency key, at most 64 characters

    Raises NoSuchSubscription, NoSuchAddOn, NoSuchMove, ChangeWaits, BadPrice, PeriodUnpaid (a time that is
    billed with it is not paid: nothing of it can be given back).
    """
    row = own(act, of, service)
    if known := _asked_before(act, row, once):
        return known
    slug, quantity = wish
    back: tuple[GivenBack, ...] = ()
    had = [each for each in had_of(act, row.id, of=of) if each.slug == slug]
    if had and expected < 0:
        demand_paid(act, row.id, of)
        change = preview_less(act, row.id, of=of, slug=slug, quantity=quantity)
        ground = ground_of(act, row, product=told_of(act, row).told.product)
        back = back_of(ground, change, _lines_of(had))
    asked = take_off_add_on(
        act, subscription=row.id, of=of, wanted=wish, expected=Money(expected, row.price.currency), back=back,
        once=once,
    )  # fmt: skip
    settle(act, asked.id)
    return asked


def _asked_before(act: Act, row: SubscriptionRow, once: str) -> Asked | None:
    """Answer for a key that was used before, whatever is offered or had by now; None for a new one.

    What was cut off after it was asked for goes on.
    """
    known = asked_before(act, row.id, once=once)
    if known is not None:
        settle(act, known.id)
    return known


def _offered(act: Act, row: SubscriptionRow, language: str) -> tuple[AddOnRow, ...]:
    """Return what the catalogue has beside what a subscription is for, for its term."""
    return add_ons_for(
        row.brand, told_of(act, row).told.product, term=row.calendar.term,
        currency=row.price.currency.code, language=language,
    )  # fmt: skip


def _offer(row: AddOnRow, had: tuple[Had, ...]) -> Offer:
    """Return an add-on with how many there are, and how many more there may be."""
    pieces = pieces_of(had, row.slug)
    return Offer(row, pieces, max(0, row.most - pieces))


def _wished(
    act: Act, row: SubscriptionRow, wish: tuple[str, int], language: str
) -> tuple[Offer, Taken]:
    """Return what is offered of what is wished for, and as it would be agreed on.

    Raises NotOffered, TooManyAddOns.
    """
    slug, quantity = wish
    found = next((each for each in _offered(act, row, language) if each.slug == slug), None)
    if found is None:
        raise NotOffered(add_on=slug[:60])
    offer = _offer(found, had_of(act, row.id, of=row.account))
    if not 1 <= quantity <= offer.room:
        raise TooManyAddOns(most=found.most)
    earlier = add_on_prices(
        act, row, product=told_of(act, row).told.product, slug=slug, language=language
    ) if found.recurs else {}  # fmt: skip
    what = AddOn(found.slug, found.name, found.price, found.once, found.recurs, found.work, earlier)
    return offer, Taken(what, quantity)


def _lines_of(had: list[Had]) -> frozenset[UUID]:
    """Return what lines are about that bill an add-on.  Raises NoSuchAddOn where there is none."""
    if not had:
        raise NoSuchAddOn
    return frozenset(line for each in had for line in each.lines)
