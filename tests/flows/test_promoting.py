"""A promo code from the cart to the books: invoice, renewals, changes of plan, and what becomes of its use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hostkeep.billing.actions.by_hand import Taken, record_by_hand
from hostkeep.billing.actions.correcting import credit_whole
from hostkeep.billing.events import InvoiceIssued, InvoicePaid
from hostkeep.billing.models import Invoice
from hostkeep.billing.queries.invoices import InvoiceSheet, sheet
from hostkeep.flows import changing, checkout, renewing, subscribing
from hostkeep.flows.handlers import HANDLERS
from hostkeep.kernel.ids import AccountId, InvoiceId, OrderId, ServiceId
from hostkeep.kernel.money import EUR, MILLION, Money
from hostkeep.kernel.period import Period
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import Account, User
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning.events import ServiceActivated, ServiceClosed
from hostkeep.provisioning.models import Action, Service
from hostkeep.shop.actions.carting import Wish, add_line, open_cart
from hostkeep.shop.actions.ordering import place_order
from hostkeep.shop.actions.promos import make_promo, put_in_promo, switch_off_promo
from hostkeep.shop.errors import PriceChanged, PromoGone
from hostkeep.shop.events import OrderPlaced
from hostkeep.shop.models import Order
from hostkeep.shop.queries import carts
from hostkeep.shop.queries.promos import promos, redemption_of
from hostkeep.shop.rules.promo_making import Making
from hostkeep.subscriptions.events import SubscriptionChanged
from hostkeep.subscriptions.models import Part
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, subscription_of_service
from hostkeep.subscriptions.rules.changing import turn_of
from hostkeep.subscriptions.rules.discounts import Off
from hostkeep.subscriptions.rules.terms import Calendar, Term
from tests.conftest import NOON, make_act
from tests.everything import BRAND as EVERYTHING
from tests.everything import Customer, load_everything
from tests.told import told

BRAND = "vps6"
TENTH: dict[str, Any] = {"kind": "percent", "value": 100_000}
FIVE: dict[str, Any] = {"kind": "fixed", "value": 500, "currency": "EUR"}


def at(days: float) -> datetime:
    return NOON + timedelta(days=days)


@dataclass
class Buyer:
    account: AccountId
    order: OrderId
    invoice: InvoiceId

    @property
    def sheet(self) -> InvoiceSheet:
        return sheet(self.invoice, of=self.account)

    @property
    def service(self) -> ServiceId:
        return ServiceId(Service.objects.filter(account=self.account).order_by("created_at", "id")[0].id)

    @property
    def row(self) -> SubscriptionRow:
        return subscription_of_service(self.service, of=self.account)

    def state(self) -> str:
        used = redemption_of(self.order)
        return used.state if used else ""

    def pays(self) -> None:
        given_now = Taken(self.sheet.owed, "cash", NOON.date(), uuid4().hex)
        record_by_hand(make_act("billing", "billing", brand=BRAND), invoice=self.invoice, taken=given_now)
        tells(InvoicePaid(self.invoice, self.account))

    def runs(self) -> None:
        """The driver has built everything at NOON."""
        for service in Service.objects.filter(account=self.account):
            Service.objects.filter(id=service.id).update(state="active", activated_at=NOON)
            Action.objects.filter(service_id=service.id).update(stage="done", due_at=None)
            subscribing.on_service_activated(make_act(brand=BRAND), ServiceActivated(ServiceId(service.id), self.account))

    def bills(self) -> list[int]:
        """What its renewals came to, without tax, oldest first."""
        found = Invoice.objects.filter(account=self.account, once__startswith="renewal:").order_by("issued_at")
        return [row.net_minor for row in found]

    def changes(self, days: float, kind: str) -> changing.Offer:
        act = make_act("customer", "service", brand=BRAND, at=at(days))
        offers = changing.offers(act, of=self.account, service=self.service, language="en")
        found = [each for each in offers if each.change.kind == kind]
        offer = max(found, key=lambda each: (abs(each.gross.minor), each.move.term.months))
        wish = (offer.move.product, offer.move.plan, offer.move.choices)
        changing.ask(
            act, of=self.account, service=self.service, wish=wish, expected=offer.expected, once=uuid4().hex
        )
        return offer


def tells(event: object) -> None:
    for handler in HANDLERS[type(event)]:
        if handler.__module__.endswith(("promoting", "activation")):
            handler(make_act(brand=BRAND), event)


def makes(**said: Any) -> None:
    making = Making("CODE", {"en": "Spring"}, starts_at=at(-1), **said)
    make_promo(make_act("sales", "order", brand=BRAND, at=at(-1)), making=making)


def fills(product: str = "hexa-m", plan: str = "monthly", quantity: int = 1, code: str = "code") -> tuple[Any, Any, Any]:
    user = User.objects.create(brand=BRAND)
    account = open_account(make_act("customer", "account", brand=BRAND), user=user.id, values={}, language="en").account
    act = make_act("customer", "order", brand=BRAND, own=account_row(account).subject)
    cart = open_cart(act, currency="EUR", account=account).cart
    add_line(act, cart=cart, wish=Wish(product, plan, {}, {}, quantity))
    if code:
        put_in_promo(act, cart=cart, typed=code, account=account)
    return act, cart, account


def seen(act: Any, cart: Any, account: AccountId) -> Money:
    row = carts.cart(act.in_role("system"), cart, account=account)
    assert row is not None
    return checkout.quote(act, cart=row, account=account).gross


def buys(product: str = "hexa-m", plan: str = "monthly", quantity: int = 1, code: str = "code") -> Buyer:
    act, cart, account = fills(product, plan, quantity, code)
    ordered = checkout.place_order(
        act, cart=cart, account=account, expected=seen(act, cart, account), once=uuid4().hex, answers={}
    )
    return Buyer(account, ordered.order, ordered.invoice)


def list_price(product: str = "hexa-m") -> int:
    act, cart, account = fills(product, code="")
    row = carts.cart(act.in_role("system"), cart)
    assert row is not None
    return row.cost.recurring.minor


def test_the_discount_is_a_line_of_its_own_with_the_tax_of_what_it_reduces(db: None) -> None:
    makes(**TENTH)
    buyer, price = buys(quantity=2), list_price()
    plan, off = told(buyer.sheet).lines
    assert off.amount.minor == -2 * round(price / 10)
    assert (off.title, off.taxed, off.period) == (f"Spring (CODE): {plan.title}", plan.taxed, plan.period)
    assert buyer.sheet.net.minor == plan.amount.minor + off.amount.minor == sum(r.net.minor for r in buyer.sheet.rates)
    assert buyer.sheet.tax == buyer.sheet.net.tax(plan.tax_rate)


def test_a_use_is_reserved_with_the_order_and_committed_when_it_is_paid(db: None) -> None:
    makes(**TENTH, most_uses=1)
    buyer = buys()
    assert buyer.state() == "reserved"
    buyer.pays()
    assert buyer.state() == "committed"
    tells(InvoicePaid(buyer.invoice, buyer.account))
    assert (promos()[0].committed, promos()[0].promo.uses) == (1, 1)


def test_what_costs_nothing_is_paid_at_once_and_committed(db: None) -> None:
    makes(kind="percent", value=MILLION)
    buyer = buys()
    assert (buyer.sheet.gross, buyer.sheet.is_paid, buyer.state()) == (Money(0, EUR), True, "committed")


def test_a_use_is_given_back_when_the_invoice_is_taken_back(db: None) -> None:
    makes(**TENTH, most_uses=1)
    buyer = buys()
    under = make_act("billing", "billing", brand=BRAND)
    note = credit_whole(under, invoice=buyer.invoice, reason="cancelled", once="n")
    tells(InvoiceIssued(note.id, buyer.account))
    assert (buyer.state(), promos()[0].promo.uses) == ("released", 0)
    assert buys().state() == "reserved"


def test_a_use_that_was_paid_stays_though_all_is_given_back(db: None) -> None:
    makes(**TENTH, most_uses=1)
    buyer = buys()
    buyer.pays()
    note = credit_whole(make_act("billing", "billing", brand=BRAND), invoice=buyer.invoice, reason="cancelled", once="n")
    tells(InvoiceIssued(note.id, buyer.account))
    assert (buyer.state(), promos()[0].promo.uses) == ("committed", 1)


def test_news_that_it_was_paid_may_come_after_news_that_it_was_given_back(db: None) -> None:
    """Deeds in their order, their news the other way round."""
    makes(**TENTH, most_uses=1)
    buyer = buys()
    given_now = Taken(buyer.sheet.owed, "cash", NOON.date(), uuid4().hex)
    record_by_hand(make_act("billing", "billing", brand=BRAND), invoice=buyer.invoice, taken=given_now)
    note = credit_whole(make_act("billing", "billing", brand=BRAND), invoice=buyer.invoice, reason="cancelled", once="n")
    tells(InvoiceIssued(note.id, buyer.account))
    Service.objects.filter(account=buyer.account).update(state="closed")
    tells(ServiceClosed(buyer.service, buyer.account))
    tells(InvoicePaid(buyer.invoice, buyer.account))
    assert (buyer.state(), promos()[0].promo.uses) == ("committed", 1)


def test_a_use_is_given_back_when_all_that_was_ordered_ends_unpaid(db: None) -> None:
    makes(**TENTH, most_uses=1)
    buyer = buys(quantity=2)
    first, second = Service.objects.filter(account=buyer.account).order_by("id")
    Service.objects.filter(id=first.id).update(state="closed")
    tells(ServiceClosed(ServiceId(first.id), buyer.account))
    assert buyer.state() == "reserved"
    Service.objects.filter(id=second.id).update(state="closed")
    tells(ServiceClosed(ServiceId(second.id), buyer.account))
    assert buyer.state() == "released"


def places(act: Any, cart: Any, account: AccountId) -> OrderId:
    """An order that has no invoice yet."""
    row = carts.cart(act, cart, account=account)
    assert row is not None
    return place_order(act, cart=cart, account=account, currency="EUR", expected=row.due, once="k").order


def test_of_an_order_that_dies_before_its_invoice_nothing_stands(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    makes(**TENTH, most_uses=1)
    act, cart, account = fills()
    shown = seen(act, cart, account)
    monkeypatch.setattr(checkout, "_completed", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        checkout.place_order(act, cart=cart, account=account, expected=shown, once="k", answers={})
    monkeypatch.undo()
    assert not Order.objects.filter(account=account).exists()
    assert seen(act, cart, account) == shown
    ordered = checkout.place_order(act, cart=cart, account=account, expected=shown, once="k", answers={})
    assert sheet(ordered.invoice, of=account).gross == shown


def test_an_order_of_an_account_that_was_closed_meanwhile_gives_its_use_back(db: None) -> None:
    makes(**TENTH, most_uses=1)
    act, cart, account = fills()
    placed = places(act, cart, account)
    Account.objects.filter(id=account).update(state="closing")
    checkout.on_order_placed(make_act(brand=BRAND), OrderPlaced(placed, account))
    used = redemption_of(placed)
    assert used is not None
    assert (used.state, used.reason) == ("released", "closed")


def test_a_worker_that_finishes_an_order_bills_the_same_discount(db: None) -> None:
    makes(**TENTH)
    act, cart, account = fills()
    gross, placed = seen(act, cart, account), places(act, cart, account)
    switch_off_promo(make_act("sales", "order", brand=BRAND), promo=promos()[0].promo.id)
    for _ in range(2):
        checkout.on_order_placed(make_act(brand=BRAND), OrderPlaced(placed, account))
    (invoice,) = Invoice.objects.filter(account=account)
    assert invoice.gross_minor == gross.minor
    used = redemption_of(placed)
    assert used is not None
    assert used.invoice == invoice.id


def test_a_code_that_ended_between_cart_and_checkout_is_told_and_nothing_is_charged(db: None) -> None:
    makes(**TENTH)
    act, cart, account = fills()
    shown = seen(act, cart, account)
    switch_off_promo(make_act("sales", "order", brand=BRAND, at=at(-0.5)), promo=promos()[0].promo.id)
    with pytest.raises(PromoGone):
        checkout.place_order(act, cart=cart, account=account, expected=shown, once="k", answers={})
    assert not Order.objects.exists()
    dearer = seen(act, cart, account)
    assert dearer.minor > shown.minor
    ordered = checkout.place_order(act, cart=cart, account=account, expected=dearer, once="k2", answers={})
    assert sheet(ordered.invoice, of=account).gross == dearer
    assert redemption_of(ordered.order) is None


def test_a_made_up_discount_is_refused(db: None) -> None:
    act, cart, account = fills(code="")
    with pytest.raises(PriceChanged):
        checkout.place_order(
            act, cart=cart, account=account, expected=seen(act, cart, account) - Money(1, EUR), once="k", answers={}
        )


@pytest.mark.parametrize(("periods", "reduced"), [(1, 0), (3, 2), (None, 4)])
def test_a_discount_goes_on_for_as_long_as_it_holds(db: None, periods: int | None, reduced: int) -> None:
    makes(**TENTH, periods=periods)
    buyer, price = buys(), list_price()
    buyer.pays()
    buyer.runs()
    for month in range(1, 5):
        renewing.renew_due(make_act(brand="", at=at(31 * month - 12)))
    less = price - round(price / 10)
    assert buyer.bills() == [less] * reduced + [price] * (4 - reduced)


@pytest.mark.parametrize(
    ("said", "bought", "months", "off"),
    [
        ({"kind": "percent", "value": MILLION, "periods": 3}, "monthly", 12, 0),
        ({**FIVE, "periods": 3}, "monthly", 12, 0),
        ({**FIVE, "periods": None}, "monthly", 12, 6_000),
        ({**FIVE, "periods": None}, "yearly", 6, 250),
        ({**FIVE, "periods": 2}, "yearly", 6, 250),
    ],
)
def test_another_term_makes_no_more_of_a_discount(
    db: None, said: dict[str, Any], bought: str, months: int, off: int
) -> None:
    """Three months without a price are not three years, and an amount off a year is none off each month."""
    makes(**said)
    buyer = buys(plan=bought)
    if buyer.sheet.owed.minor:
        buyer.pays()
    buyer.runs()
    offer = buyer.changes(1, "term")
    assert offer.move.term.months == months
    due = make_act(brand="", at=buyer.row.renew_at)
    changing.sweep_due(due)
    renewing.renew_due(due)
    assert buyer.bills() == [offer.move.price.minor - off]


def test_a_renewal_shows_the_discount_on_a_line_of_its_own_and_taxes_what_is_left(db: None) -> None:
    makes(**FIVE, periods=None)
    buyer, price = buys(), list_price()
    buyer.pays()
    buyer.runs()
    renewing.renew_due(make_act(brand="", at=at(20)))
    invoice = Invoice.objects.get(account=buyer.account, once__startswith="renewal:")
    renewal = told(sheet(InvoiceId(invoice.id), of=buyer.account))
    assert [line.amount.minor for line in renewal.lines] == [price, -500]
    assert renewal.lines[1].title == "Spring (CODE)"
    assert renewal.lines[0].taxed == renewal.lines[1].taxed
    assert renewal.tax == Money(price - 500, EUR).tax(renewal.lines[0].tax_rate)
    assert buyer.row.price.minor == price - 500


def test_an_amount_is_shared_among_pieces_and_each_goes_on_with_its_own(db: None) -> None:
    makes(**FIVE, periods=2)
    buyer = buys(quantity=3)
    off = sorted(part.unit_minor for part in Part.objects.filter(kind="discount"))
    assert off == [-167, -167, -166]
    buyer.pays()
    buyer.runs()
    renewing.renew_due(make_act(brand="", at=at(20)))
    price = list_price()
    assert sorted(buyer.bills()) == [price - 167, price - 167, price - 166]


def test_off_a_dearer_plan_a_billed_time_has_no_more_than_it_had(db: None) -> None:
    """Later terms have their part of the new price."""
    makes(kind="percent", value=500_000, periods=None)
    buyer, price = buys(), list_price()
    buyer.pays()
    buyer.runs()
    offer = buyer.changes(0, "upgrade")
    new = offer.move.price.minor
    assert offer.change.turn.due.minor == new - price
    change = Invoice.objects.get(account=buyer.account, once__startswith="change:")
    changing.on_invoice_paid(make_act(brand=BRAND, at=at(0)), InvoicePaid(InvoiceId(change.id), buyer.account))
    renewing.renew_due(make_act(brand="", at=at(20)))
    assert buyer.bills() == [new - Off(500_000).on(offer.move.price).minor]


def test_the_smallest_free_of_charge_is_not_the_largest_free_of_charge(db: None) -> None:
    makes(kind="percent", value=MILLION, periods=1, products=("hexa-s",))
    buyer, price = buys("hexa-s"), list_price("hexa-s")
    buyer.runs()
    offer = buyer.changes(0, "upgrade")
    assert offer.change.turn.due.minor == offer.move.price.minor - price > 0
    assert buyer.row.price.minor == price
    change = Invoice.objects.get(account=buyer.account, once__startswith="change:")
    changing.on_invoice_paid(make_act(brand=BRAND, at=at(0)), InvoicePaid(InvoiceId(change.id), buyer.account))
    act = make_act("customer", "service", brand=BRAND, at=at(0))
    parts = Part.objects.filter(kind="plan")
    for touched in (parts.exclude(ended_at=None), parts.filter(ended_at=None)):
        touched.update(kind="plan")  # both plans begin at one instant: neither order in the table decides
        offers = changing.offers(act, of=buyer.account, service=buyer.service, language="en")
        assert max(-each.change.turn.due.minor for each in offers) == offer.move.price.minor - price


def test_a_code_for_the_smallest_plan_is_none_for_the_terms_of_the_dearest(db: None) -> None:
    makes(kind="percent", value=MILLION, periods=3, products=("hexa-s",))
    buyer = buys("hexa-s")
    buyer.runs()
    offer = buyer.changes(0, "upgrade")
    assert offer.ends_discount, "said before it is chosen"
    assert Part.objects.get(kind="discount").ended_at is None, "until it is paid"
    change = Invoice.objects.get(account=buyer.account, once__startswith="change:")
    changing.on_invoice_paid(make_act(brand=BRAND, at=at(0)), InvoicePaid(InvoiceId(change.id), buyer.account))
    renewing.renew_due(make_act(brand="", at=at(20)))
    assert buyer.bills() == [offer.move.price.minor]


def test_a_code_for_a_term_ends_with_another_one_and_the_billed_period_keeps_its_own(db: None) -> None:
    makes(kind="percent", value=500_000, periods=None, months=(1,))
    buyer = buys()
    buyer.pays()
    buyer.runs()
    offer = buyer.changes(1, "term")
    assert offer.ends_discount
    assert Part.objects.get(kind="discount").ended_at is None, "until the term begins"
    due = make_act(brand="", at=buyer.row.renew_at)
    changing.sweep_due(due)
    renewing.renew_due(due)
    assert buyer.bills() == [offer.move.price.minor]


def test_a_code_that_is_good_for_the_new_plan_too_goes_on(db: None) -> None:
    makes(kind="percent", value=500_000, periods=None, groups=("servers",), plans=("monthly",))
    buyer = buys()
    buyer.pays()
    buyer.runs()
    offer = buyer.changes(0, "downgrade")
    assert not offer.ends_discount
    renewing.renew_due(make_act(brand="", at=at(20)))
    assert buyer.bills() == [Off(500_000).on(offer.move.price).minor]


def test_what_is_given_back_for_a_cheaper_plan_was_paid(db: None) -> None:
    """The list prices' difference is more than what was paid: a code must not make money."""
    makes(kind="percent", value=900_000, periods=1)
    buyer = buys("hexa-m")
    buyer.pays()
    buyer.runs()
    paid = buyer.sheet.net.minor
    offer = buyer.changes(0, "downgrade")
    assert 0 < -offer.change.turn.due.minor < paid
    changing.on_subscription_changed(
        make_act(brand=BRAND), SubscriptionChanged(buyer.row.id, buyer.service, buyer.account)
    )
    note = Invoice.objects.get(account=buyer.account, kind="credit_note")
    assert note.net_minor == -offer.change.turn.due.minor


def test_a_period_without_a_discount_is_changed_as_ever(db: None) -> None:
    makes(**TENTH)
    buyer = buys(code="")
    assert not Part.objects.filter(kind="discount").exists()
    buyer.pays()
    buyer.runs()
    offer = buyer.changes(0, "downgrade")
    assert -offer.change.turn.due.minor == list_price() - offer.move.price.minor


MONTH = Calendar(NOON, "Europe/Amsterdam", Term("month", 1))
BILLED = Period(NOON, at(31))
prices = st.integers(0, 10**6).map(lambda minor: Money(minor, EUR))
offs = st.builds(Off, st.integers(0, MILLION), st.integers(0, 10**6))


@given(prices, prices, offs, st.floats(0, 31))
def test_no_change_gives_back_more_than_was_paid(old: Money, new: Money, off: Off, day: float) -> None:
    found = turn_of((old, new, off), MONTH, BILLED, at=at(day))
    assert 0 <= found.back.minor <= (old - off.on(old)).minor
    assert 0 <= found.pay.minor <= (new - off.on(new)).minor
    again = turn_of((new, old, off), MONTH, BILLED, at=at(day))
    assert found.due.minor + again.due.minor == 0


@given(prices, offs)
def test_nothing_is_taken_off_beyond_the_price(price: Money, off: Off) -> None:
    assert 0 <= off.on(price).minor <= price.minor


@pytest.mark.parametrize("country", ["FR", "US", "DE"])
def test_where_products_are_taxed_each_in_their_way_the_discount_follows_them(db: None, country: str) -> None:
    load_everything()
    making = Making("MIX", {"en": "Mix"}, "fixed", 77, at(-1), "EUR")
    make_promo(make_act("sales", "order", brand=EVERYTHING, at=at(-1)), making=making)
    customer = Customer.at(country)
    cart = customer.fills("box")
    add_line(customer.act(), cart=cart, wish=Wish("secret-box", "monthly", {}, {}, 3))
    put_in_promo(customer.act(), cart=cart, typed="mix", account=customer.account)
    shown = customer.quote(cart)
    billed = told(sheet(customer.orders(cart).invoice, of=customer.account))
    assert (billed.gross, billed.net, billed.tax) == (shown.gross, shown.net, shown.tax)
    less = [line for line in billed.lines if line.amount.minor < 0]
    assert -sum(line.amount.minor for line in less) == 77
    reduced = {line.title: line.taxed for line in billed.lines if line.amount.minor > 0}
    assert all(line.taxed == reduced[line.title.removeprefix("Mix (MIX): ")] for line in less)
