"""A new price of an add-on: announced with the promised notice, told to who has it, and theirs when it is over."""

from __future__ import annotations

import pytest

from hostkeep.brands.queries import brand
from hostkeep.faces.ui.add_on_forms import no_longer_had
from hostkeep.flows import price_changes, renewing
from hostkeep.flows.mail_contents import said_by
from hostkeep.flows.price_changes import PlanPrice
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money
from hostkeep.messaging.models import Mail
from hostkeep.messaging.queries import mail
from hostkeep.shop.models import Product
from hostkeep.subscriptions.actions.pricing import Announced, withdraw_price
from hostkeep.subscriptions.errors import NoSuchPlan, NoticeTooShort
from hostkeep.subscriptions.events import PriceAnnounced
from hostkeep.subscriptions.models import PriceChange, Subscription
from hostkeep.subscriptions.queries.add_ons import add_ons_of
from tests.conftest import make_act
from tests.flows.test_add_ons import BRAND, Customer, at, buys
from tests.told import told


def announces(minor: int = 300, *, days: float = 0.5, add_on: str = "address", since: float | None = None) -> Announced:
    act = make_act("owner", "billing", brand=BRAND, at=at(days), actor="staff:test")
    new = PlanPrice("hexa-m", "monthly", Money(minor, EUR), add_on)
    return price_changes.announce(act, new=new, since=None if since is None else at(since))


def is_told(change: Announced, days: float = 1) -> None:
    price_changes.on_price_announced(make_act(brand=BRAND, at=at(days)), PriceAnnounced(change.id))


def renews(*days: float) -> None:
    for each in days:
        renewing.renew_due(make_act(brand="", at=at(each)))


def billed(customer: Customer) -> list[list[tuple[int, int]]]:
    """Pieces and price of each line of each renewal."""
    return [[(pieces, unit) for _, pieces, unit in customer.lines(each.id)] for each in customer.invoices()[1:]]


def test_it_holds_when_the_notice_is_over_and_touches_the_add_on_alone(db) -> None:
    customer, other = buys(address=2, backup=1), buys(backup=1)
    assert announces().effective_at == at(30.5)
    late = buys()
    late.has("address", 1, 1)
    renews(20, 50)
    assert billed(customer) == [[(1, 1190), (1, 240), (2, 300)]] * 2
    assert customer.row.price.minor == 1190 + 240 + 600
    assert billed(other) == [[(1, 1190), (1, 240)]] * 2
    assert billed(late)[1:] == [[(1, 1190), (1, 200)]] * 2, "who took it later was told its price"


def test_a_price_of_the_plan_is_none_of_the_add_on(db) -> None:
    customer = buys(address=1)
    announces(1500, add_on="")
    renews(20)
    assert billed(customer) == [[(1, 1500), (1, 200)]]


def test_nothing_changes_before_the_day_or_while_the_plan_s_price_is_promised_or_once_it_is_taken_back(db) -> None:
    early, locked, free = buys(address=1), buys(address=1), buys(address=1)
    Subscription.objects.filter(id=locked.row.id).update(locked_until=at(70))
    announces(since=45)
    renews(20)
    assert billed(early)[0] == [(1, 1190), (1, 200)]
    renews(50)
    assert (billed(early)[1][1], billed(locked)[1][1], billed(free)[1][1]) == ((1, 300), (1, 200), (1, 300))
    act = make_act("owner", "billing", brand=BRAND, at=at(51))
    withdraw_price(act, change=announces(400, days=51).id)
    renews(85)
    assert (billed(early)[2][1], billed(locked)[2][1]) == ((1, 300), (1, 300))


def test_one_announced_while_another_waits_for_its_period_holds_too(db) -> None:
    customer = buys(address=1)
    announces(300)
    renews(20)
    announces(400, days=21)
    renews(50)
    assert [each[1] for each in billed(customer)] == [(1, 300), (1, 400)]


def test_pieces_that_were_taken_before_and_after_it_are_lines_of_their_own(db) -> None:
    customer = buys(address=1)
    announces()
    customer.has("address", 1, 2)
    renews(20)
    assert sorted(billed(customer)[-1]) == [(1, 200), (1, 300), (1, 1190)]


def test_of_a_period_that_began_before_it_an_add_on_is_worth_what_it_was_billed_for(db) -> None:
    customer = buys(address=2)
    announces()
    renews(20)
    first, second = customer.less("address", 1, 20).change.shares
    assert (first.turn.due.minor, second.turn.due.minor) == (-round(200 * 11 / 31), -300)
    customer.pays(customer.invoices()[-1].id, 20)
    customer.takes_off("address", 1, 20)
    first, second = customer.less("address", 1, 20).change.shares
    assert (first.turn.due.minor, second.turn.due.minor) == (-round(200 * 11 / 31), -300), "of the rest as well"
    renews(50)
    assert billed(customer)[-1] == [(1, 1190), (1, 300)]


def test_what_is_taken_off_before_its_new_price_begins_ends_then_and_there(db) -> None:
    customer = buys(address=1)
    announces()
    renews(20)
    customer.pays(customer.invoices()[-1].id, 20)
    customer.takes_off("address", 1, 20)
    rows = [told(each) for each in add_ons_of(customer.row.id)]
    assert [(each.unit.minor, each.ended_at) for each in no_longer_had(rows)] == [(200, at(20))]
    assert customer.row.price.minor == 1190


def test_it_is_told_once_to_who_has_it_with_the_price_of_all_pieces_and_how_to_leave(db) -> None:
    customer, _ = buys(address=2), buys(backup=1)
    change = announces()
    later = buys()
    later.has("address", 1, 0.8)
    for _ in range(2):
        is_told(change)
    (queued,) = Mail.objects.filter(template="billing/price")
    assert queued.account == customer.account
    said = said_by(make_act(brand=BRAND, at=at(1)), mail(queued.id), brand(BrandId(BRAND)))
    assert said["add_on"] == "2 \N{MULTIPLICATION SIGN} One more IPv4 address"
    assert ("4" in str(said["old"]), "6" in str(said["new"])) == (True, True)
    under = make_act("owner", "billing", brand=BRAND, at=at(1))
    assert price_changes.touched(under, new=PlanPrice("hexa-m", "monthly", Money(300, EUR), "address"), before=at(0.5)).count == 1
    assert price_changes.touched(under, new=PlanPrice("hexa-m", "monthly", Money(300, EUR), "address"), before=at(1)).count == 2


def takes_off_the_shelf(add_on: str) -> None:
    """The catalogue is loaded without an add-on."""
    row = Product.objects.get(brand=BRAND, slug="hexa-m")
    row.add_ons = [each for each in row.add_ons if each["slug"] != add_on]
    row.save(update_fields=["add_ons"])


def test_one_that_is_sold_no_more_gets_a_new_price_as_long_as_somebody_has_it(db) -> None:
    customer, other = buys(address=2, backup=1), buys(backup=1)
    act = make_act("owner", "billing", brand=BRAND, at=at(0.5), actor="staff:test")
    assert price_changes.sold_no_more(act) == ()
    takes_off_the_shelf("address")
    (found,) = price_changes.sold_no_more(act)
    assert (found.product, found.plan, found.add_on, found.title) == ("hexa-m", "monthly", "address", "One more IPv4 address")

    change = announces()
    is_told(change)
    assert Mail.objects.filter(template="billing/price").count() == 1
    renews(20, 50)
    assert billed(customer) == [[(1, 1190), (1, 240), (2, 300)]] * 2
    assert billed(other) == [[(1, 1190), (1, 240)]] * 2


def test_one_that_is_sold_no_more_and_nobody_has_any_more_has_no_price(db) -> None:
    customer = buys(address=1)
    takes_off_the_shelf("address")
    customer.takes_off("address", 1, 1)
    renews(20, 50)
    with pytest.raises(NoSuchPlan):
        announces(days=60)
    assert price_changes.sold_no_more(make_act("owner", "billing", brand=BRAND, at=at(60), actor="staff:test")) == ()
    assert not PriceChange.objects.exists()


@pytest.mark.parametrize("add_on", ["move", "nothing"])
def test_what_is_bought_once_or_not_sold_has_no_price_to_announce(db, add_on: str) -> None:
    with pytest.raises(NoSuchPlan):
        announces(add_on=add_on)
    with pytest.raises(NoticeTooShort):
        announces(since=20)
    assert not PriceChange.objects.exists()


def test_it_is_a_change_of_its_own_beside_one_of_the_plan(db) -> None:
    assert announces().id == announces(days=1).id
    assert announces(300, add_on="").id != announces(300).id
    assert announces(300, add_on="backup").id != announces(300).id
