"""Add-ons of a service: ordered with it, added later, renewed, taken off, kept by another plan, gone with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections

from hostkeep.billing.actions.by_hand import Taken as Cash
from hostkeep.billing.actions.by_hand import record_by_hand
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.models import Invoice, InvoiceLine
from hostkeep.billing.queries.invoices import held_for, sheet
from hostkeep.flows import activation, add_on_work, add_ons, aligning, cancelling, change_bills, changing, checkout, foretelling, renewing, subscribing
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, InvoiceId, ServiceId
from hostkeep.kernel.money import EUR, Money, money
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning.boxing import seal_contents
from hostkeep.provisioning.events import ServiceActivated
from hostkeep.provisioning.models import Action, Service
from hostkeep.provisioning.queries import service as service_row
from hostkeep.shop.actions.carting import Wish, add_line, open_cart
from hostkeep.shop.actions.loading import load_catalogue
from hostkeep.shop.errors import NoSuchAddOn as NotOffered
from hostkeep.shop.models import OrderLine
from hostkeep.shop.queries import carts
from hostkeep.subscriptions.actions.pricing import announce_price
from hostkeep.subscriptions.errors import (
    BadPrice,
    ChangeWaits,
    NoSuchAddOn,
    NoSuchMove,
    NoSuchSubscription,
    PeriodUnpaid,
    TooManyAddOns,
)
from hostkeep.subscriptions.events import SubscriptionChanged, SubscriptionEnded, SubscriptionEnding
from hostkeep.subscriptions.holding import add_part
from hostkeep.subscriptions.models import Change, Part, Subscription
from hostkeep.subscriptions.queries.add_ons import add_ons_of
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, periods_of, subscription_of_service
from tests.conftest import NOON, make_act
from tests.told import told

BRAND = "vps6"
CATALOGUE = Path(__file__).parents[2] / "brands" / BRAND / "catalogue.yaml"


def at(days: float) -> datetime:
    return NOON + timedelta(days=days)


@dataclass
class Customer:
    """Somebody who bought a server and has it running."""

    account: AccountId
    service: ServiceId

    def act(self, days: float = 0, role: str = "customer") -> Act:
        return make_act(role, "service", brand=BRAND, at=at(days))

    @property
    def row(self) -> SubscriptionRow:
        return subscription_of_service(self.service, of=self.account)

    def had(self) -> dict[str, int]:
        """The add-ons that hold, by slug."""
        found: dict[str, int] = {}
        for row in add_ons_of(self.row.id):
            if row.ended_at is None:
                slug = told(row).slug
                found[slug] = found.get(slug, 0) + row.quantity
        return found

    def quote(self, slug: str, pieces: int = 1, days: float = 0) -> add_ons.Quote:
        return add_ons.quote_more(self.act(days), of=self.account, service=self.service, wish=(slug, pieces), language="en")

    def adds(self, slug: str, pieces: int = 1, days: float = 0, *, expected: int | None = None, once: str = ""):
        seen = self.quote(slug, pieces, days).due.minor if expected is None else expected
        return add_ons.add(
            self.act(days), of=self.account, service=self.service, wish=(slug, pieces), expected=seen,
            once=once or uuid4().hex,
        )  # fmt: skip

    def has(self, slug: str, pieces: int = 1, days: float = 0) -> None:
        """An add-on that is added and paid."""
        self.adds(slug, pieces, days)
        self.pays(Change.objects.get(state="waiting").invoice, days)

    def less(self, slug: str, pieces: int = 1, days: float = 0) -> add_ons.Quote:
        return add_ons.quote_less(self.act(days), of=self.account, service=self.service, wish=(slug, pieces))

    def takes_off(self, slug: str, pieces: int = 1, days: float = 0, *, expected: int | None = None, once: str = ""):
        seen = self.less(slug, pieces, days).due.minor if expected is None else expected
        return add_ons.take_off(
            self.act(days), of=self.account, service=self.service, wish=(slug, pieces), expected=seen,
            once=once or uuid4().hex,
        )  # fmt: skip

    def pays(self, invoice, days: float = 0) -> None:
        gross = sheet(InvoiceId(invoice), of=self.account).owed
        given = Cash(gross, "cash", at(days).date(), uuid4().hex)
        record_by_hand(make_act("billing", "billing", brand=BRAND, at=at(days)), invoice=InvoiceId(invoice), taken=given)
        changing.on_invoice_paid(self.act(days, "system"), InvoicePaid(InvoiceId(invoice), self.account))
        self.is_told(days)

    def is_told(self, days: float = 0) -> None:
        event = SubscriptionChanged(self.row.id, self.service, self.account)
        changing.on_subscription_changed(self.act(days, "system"), event)

    def invoices(self, kind: str = "invoice") -> list[Invoice]:
        return list(Invoice.objects.filter(account=self.account, kind=kind).order_by("issued_at", "number"))

    def lines(self, invoice) -> list[tuple[str, int, int]]:
        found = told(sheet(InvoiceId(invoice), of=self.account)).lines
        return [(line.title, line.quantity, line.unit.minor) for line in found]


def buys(product: str = "hexa-m", plan: str = "monthly", quantity: int = 1, **beside: int) -> Customer:
    user = User.objects.create(brand=BRAND)
    account = open_account(make_act("customer", "account", brand=BRAND), user=user.id, values={}, language="en").account
    shopping = make_act("customer", "order", brand=BRAND, own=account_row(account).subject)
    cart = open_cart(shopping, currency="EUR", account=account).cart
    add_line(shopping, cart=cart, wish=Wish(product, plan, {}, {}, quantity, beside))
    seen = checkout.quote(shopping, cart=carts.cart(shopping.in_role("system"), cart), account=account)
    ordered = checkout.place_order(shopping, cart=cart, account=account, expected=seen.gross, once=uuid4().hex, answers={})
    given = Cash(seen.gross, "cash", NOON.date(), uuid4().hex)
    record_by_hand(make_act("billing", "billing", brand=BRAND), invoice=ordered.invoice, taken=given)
    system = make_act(brand=BRAND)
    activation.on_invoice_paid(system, InvoicePaid(ordered.invoice, account))
    for row in Service.objects.filter(account=account):
        Service.objects.filter(id=row.id).update(state="active", activated_at=NOON)
        Action.objects.filter(service_id=row.id).update(stage="done", due_at=None, ended_at=NOON)
        subscribing.on_service_activated(system, ServiceActivated(ServiceId(row.id), account))
    return Customer(account, ServiceId(Service.objects.filter(account=account).order_by("id")[0].id))


def test_add_ons_of_an_order_are_lines_of_their_own_and_parts_of_its_subscription(db) -> None:
    customer = buys(address=2, backup=1, move=1)
    (invoice,) = customer.invoices()
    assert customer.lines(invoice.id)[1:] == [
        ("Nightly backup", 1, 240), ("One more IPv4 address", 2, 200), ("We move your site for you", 1, 2500),
    ]  # fmt: skip
    assert invoice.net_minor == 1190 + 240 + 2 * 200 + 2500
    line = OrderLine.objects.get()
    assert (line.recurring_minor, line.add_on_minor, line.add_on_once_minor) == (1190, 640, 2500)
    assert customer.had() == {"backup": 1, "address": 2}
    assert customer.row.price.minor == 1190 + 640
    once = next(told(row) for row in add_ons_of(customer.row.id) if not told(row).recurs)
    assert (once.slug, once.ended_at == once.started_at) == ("move", True)


def test_a_term_with_a_price_of_its_own_has_it(db) -> None:
    customer = buys(plan="yearly", backup=1, address=1)
    assert customer.row.price.minor == 12850 + 2590 + 12 * 200


def test_each_renewal_bills_them_as_agreed_whatever_the_catalogue_says_by_then(db) -> None:
    customer = buys(address=2, move=1)
    dearer = CATALOGUE.read_text().replace("prices: {EUR: 200, USD: 230}\n      most", "prices: {EUR: 900, USD: 990}\n      most")
    load_catalogue(make_act("owner", "catalogue", brand=BRAND), brand=BRAND, text=dearer)
    assert customer.quote("address", 1, 10).price.minor == 900
    renewing.renew_due(make_act(brand="", at=at(20)))
    renewal = customer.invoices()[-1]
    assert [(q, unit) for _, q, unit in customer.lines(renewal.id)] == [(1, 1190), (2, 200)]


def test_an_add_on_is_billed_at_once_for_whole_days_and_holds_when_it_is_paid(db) -> None:
    customer = buys()
    quote = customer.quote("address", 2, 10)
    assert quote.change.turn.due.minor == _share(400)[1]
    asked = customer.adds("address", 2, 10)
    assert (asked.kind, asked.state, customer.had()) == ("add_on", "waiting", {})
    invoice = Invoice.objects.get(id=Change.objects.get().invoice)
    assert (invoice.net_minor, invoice.gross_minor) == (quote.due.minor, quote.gross.minor)
    assert customer.lines(invoice.id)[0][0] == "2 \N{MULTIPLICATION SIGN} One more IPv4 address"
    customer.pays(invoice.id, 11)
    customer.is_told(11)
    assert customer.had() == {"address": 2}
    assert customer.row.price.minor == 1190 + 400
    assert told(service_row(customer.service)).spec["add_on.address"] == "2"
    assert [a.verb for a in Action.objects.filter(service_id=customer.service, stage="queued")] == ["change"]
    renewing.renew_due(make_act(brand="", at=at(20)))
    assert customer.invoices()[-1].net_minor == 1590


def test_of_what_is_billed_ahead_it_is_paid_too_and_a_set_up_is_a_line_of_its_own(db) -> None:
    customer = buys()
    renewing.renew_due(make_act(brand="", at=at(20)))
    quote = customer.quote("address", 1, 20)
    assert [share.turn.due.minor for share in quote.change.shares] == [round(200 * 11 / 31), 200]
    moved = customer.adds("move", 1, 20)
    assert moved.due.minor == 2500
    customer.pays(Change.objects.get().invoice, 20)
    assert customer.had() == {}
    assert customer.row.price.minor == 1190


def test_a_second_one_at_the_same_price_is_one_line_and_at_another_price_two(db) -> None:
    customer = buys(address=1)
    customer.has("address", 1, 5)
    assert [(part.unit.minor, part.quantity) for part in add_ons_of(customer.row.id) if part.ended_at is None] == [(200, 2)]
    dearer = CATALOGUE.read_text().replace("prices: {EUR: 200, USD: 230}\n      most", "prices: {EUR: 300, USD: 330}\n      most")
    load_catalogue(make_act("owner", "catalogue", brand=BRAND), brand=BRAND, text=dearer)
    customer.has("address", 1, 6)
    parts = [(part.unit.minor, part.quantity) for part in add_ons_of(customer.row.id) if part.ended_at is None]
    assert sorted(parts) == [(200, 2), (300, 1)]
    customer.takes_off("address", 2, 7)
    assert [(p.unit.minor, p.quantity) for p in add_ons_of(customer.row.id) if p.ended_at is None] == [(200, 1)]


def billed_ahead() -> tuple[Customer, Invoice, Invoice]:
    """Somebody whose next period was billed while an add-on waited, with its bill and the add-on's for it."""
    customer = buys()
    customer.adds("address", 1, 16.5)
    renewing.renew_due(make_act(brand="", at=at(20)))
    ahead = customer.invoices()[-1]
    customer.pays(Change.objects.get().invoice, 21)
    late = customer.invoices()[-1]
    return customer, ahead, late


def test_what_was_billed_while_it_waited_is_billed_when_it_holds_and_due_with_its_period(db) -> None:
    customer, ahead, late = billed_ahead()
    line = InvoiceLine.objects.get(invoice=late)
    had = [each.period for each in periods_of(customer.row.id) if each.invoice == ahead.id]
    assert (late.net_minor, late.due_at) == (200, line.starts_at)
    assert [(line.starts_at, line.ends_at)] == [(each.start, each.end) for each in had]
    renewing.renew_due(make_act(brand="", at=at(50)))
    assert customer.invoices()[-1].net_minor == 1190 + 200


def test_of_what_ends_before_its_next_invoice_it_is_billed_all_the_same(db) -> None:
    customer, ahead, late = billed_ahead()
    customer.pays(ahead.id, 21)
    cancelling.cancel_at_end(customer.act(40), of=customer.account, service=customer.service)
    ends(customer, customer.row.ends_at)
    assert sheet(InvoiceId(late.id), of=customer.account).owed.minor == late.gross_minor > 0


def test_of_what_ends_before_that_period_nothing_is_owed_for_it_however_often_it_is_told(db) -> None:
    customer, ahead, late = billed_ahead()
    cancelling.cancel_at_end(customer.act(22), of=customer.account, service=customer.service)
    ends(customer, customer.row.ends_at)
    ends(customer, customer.row.ends_at)
    assert sheet(InvoiceId(late.id), of=customer.account).owed.minor == 0
    assert len(customer.invoices("credit_note")) == 2  # of the period, and of the add-on's for it


def test_nor_of_what_ends_at_once_before_it(db) -> None:
    customer, ahead, late = billed_ahead()
    cancelling.cancel_now(customer.act(22), of=customer.account, service=customer.service)
    ends(customer, at(22))
    assert sheet(InvoiceId(late.id), of=customer.account).owed.minor == 0
    assert sheet(InvoiceId(ahead.id), of=customer.account).owed.minor == 0


def test_what_is_cut_off_before_it_is_billed_does_not_hold_and_the_next_time_is_billed_once(db, monkeypatch) -> None:
    customer = buys()
    customer.adds("address", 1, 16.5)
    renewing.renew_due(make_act(brand="", at=at(20)))
    with monkeypatch.context() as patch:
        patch.setattr(change_bills, "bill_items", _dies)
        with pytest.raises(SystemExit):
            customer.pays(Change.objects.get().invoice, 21)
    assert (customer.had(), Change.objects.get().state) == ({}, "waiting")
    paid = InvoicePaid(InvoiceId(Change.objects.get().invoice), customer.account)
    for days in (21.1, 22):
        changing.on_invoice_paid(customer.act(days, "system"), paid)
    assert (customer.had(), [each.net_minor for each in customer.invoices()].count(200)) == ({"address": 1}, 1)


def test_it_is_paid_before_it_is_given_back(db) -> None:
    customer, ahead, late = billed_ahead()
    customer.pays(ahead.id, 21)
    with pytest.raises(PeriodUnpaid):
        customer.takes_off("address", 1, 21)
    customer.pays(late.id, 21)
    customer.takes_off("address", 1, 21)
    taken = Invoice.objects.get(kind="credit_note", corrects=late)
    assert taken.net_minor == 200


def test_of_what_an_older_version_left_for_the_next_invoice_nothing_is_given_back(db) -> None:
    """Else the plan's line gives it, and whoever ends before the next invoice never paid it."""
    customer = buys()
    customer.has("address", 1, 5)
    row = Subscription.objects.get(id=customer.row.id)
    left = add_part(customer.act(6, "system"), row, kind="add_on", title="late", unit=200, cycles=1)
    with pytest.raises(NoSuchMove):
        customer.takes_off("address", 1, 7)
    Part.objects.filter(id=left.id).update(ended_at=at(7))
    assert customer.takes_off("address", 1, 7).back.minor > 0


def ends(customer: Customer, when: datetime) -> None:
    """The end comes, and the house hears of it."""
    cancelling.end_due(make_act(brand="", at=when))
    event = SubscriptionEnded(customer.row.id, customer.service, customer.account)
    cancelling.on_subscription_ended(make_act(brand=BRAND, at=when), event)


def _dies(*_: object, **__: object) -> None:
    raise SystemExit


def test_one_that_is_not_paid_in_seven_days_is_dropped_and_nobody_owes_it(db) -> None:
    customer = buys()
    customer.adds("backup", 1, 1)
    changing.sweep_due(make_act(brand="", at=at(7.9)))
    assert Change.objects.get().state == "waiting"
    for days in (8, 9):
        changing.sweep_due(make_act(brand="", at=at(days)))
    change = Change.objects.get()
    assert change.state == "dropped"
    assert sheet(InvoiceId(change.invoice), of=customer.account).owed.minor == 0
    changing.on_invoice_paid(customer.act(9, "system"), InvoicePaid(InvoiceId(change.invoice), customer.account))
    assert customer.had() == {}


def test_what_follows_if_nobody_pays_ends_with_its_taking_back(db) -> None:
    customer = buys()
    customer.adds("backup", 1, 1)
    invoice = InvoiceId(Change.objects.get().invoice)
    seen = foretelling.preview_invoice(customer.act(2), invoice, of=customer.account)
    assert (seen[-1].what, seen[-1].at, {each.what for each in seen[:-1]}) == ("drop", at(8), {"reminder"})


def test_one_that_was_cut_off_before_its_invoice_gets_it(db, monkeypatch) -> None:
    customer = buys()
    with monkeypatch.context() as patch:
        patch.setattr(add_ons, "settle", lambda *_: None)
        customer.adds("backup", 1, 1)
    assert Change.objects.get().invoice is None
    for _ in range(2):
        changing.sweep_due(make_act(brand="", at=at(1.1)))
    assert Invoice.objects.filter(once__startswith="change:").count() == 1


def test_what_is_taken_off_goes_at_once_and_its_own_line_gives_back_what_is_left(db) -> None:
    customer = buys(address=2, backup=1)
    quote = customer.less("address", 1, 10)
    assert customer.takes_off("address", 1, 10).state == "done"
    customer.is_told(10)
    (note,) = customer.invoices("credit_note")
    (line,) = customer.lines(note.id)
    assert line[0] == "One more IPv4 address"
    assert note.net_minor == -quote.due.minor == _share(400)[1] - _share(200)[1]
    assert note.gross_minor == quote.given.minor
    assert held_for(customer.account, quote.gross.currency).minor == note.gross_minor
    assert customer.had() == {"backup": 1, "address": 1}
    assert customer.row.price.minor == 1190 + 440
    assert told(service_row(customer.service)).spec == {**told(service_row(customer.service)).spec, "add_on.address": "1"}


def test_of_two_services_of_one_order_each_gives_back_its_own(db) -> None:
    customer = buys(quantity=2, address=2)
    other = Customer(customer.account, ServiceId(Service.objects.filter(account=customer.account).order_by("id")[1].id))
    for each in (customer, other):
        each.takes_off("address", 2, 0.01)
    assert sorted(note.net_minor for note in customer.invoices("credit_note")) == [round(400 * 30 / 31)] * 2


def test_a_way_there_and_back_costs_nothing(db) -> None:
    customer = buys()
    customer.has("address", 3, 10)
    paid = Invoice.objects.get(id=Change.objects.get().invoice).gross_minor
    assert customer.takes_off("address", 3, 10).back.minor == customer.quote("address", 3, 10).due.minor
    (note,) = customer.invoices("credit_note")
    assert note.gross_minor == paid


def test_taking_off_what_is_billed_and_not_paid_is_refused(db) -> None:
    customer = buys(address=1)
    renewing.renew_due(make_act(brand="", at=at(20)))
    with pytest.raises(PeriodUnpaid):
        customer.takes_off("address", 1, 20)
    assert customer.had() == {"address": 1}


@pytest.mark.parametrize(("slug", "pieces"), [("address", 5), ("address", 0), ("address", -1), ("address", 10**9), ("backup", 2)])
def test_no_more_than_the_catalogue_allows_and_no_fewer_than_one(db, slug: str, pieces: int) -> None:
    customer = buys()
    with pytest.raises(TooManyAddOns):
        customer.adds(slug, pieces, 1, expected=1)
    assert not Change.objects.exists()


def test_those_that_are_had_count(db) -> None:
    customer = buys(address=3)
    with pytest.raises(TooManyAddOns):
        customer.adds("address", 2, 1)
    found = add_ons.offers(customer.act(1), of=customer.account, service=customer.service, language="en")
    assert [(each.row.slug, each.had, each.room) for each in found][1] == ("address", 3, 1)


def test_what_is_not_of_the_product_is_refused(db) -> None:
    customer = buys("hexa-post")
    assert add_ons.offers(customer.act(), of=customer.account, service=customer.service, language="en") == ()
    for slug in ("address", "nothing", "", "x" * 500):
        with pytest.raises(NotOffered):
            customer.adds(slug, 1, 1, expected=1)
    with pytest.raises(NoSuchAddOn):
        customer.takes_off("address", 1, 1)


def test_more_is_taken_off_than_there_is_is_refused(db) -> None:
    customer = buys(address=1)
    for pieces in (0, -1, 2, 10**9):
        with pytest.raises(NoSuchAddOn):
            customer.takes_off("address", pieces, 1)
    assert customer.had() == {"address": 1}


def test_another_price_than_was_shown_is_refused(db) -> None:
    customer = buys(address=1)
    with pytest.raises(BadPrice):
        customer.adds("address", 1, 1, expected=1)
    with pytest.raises(BadPrice):
        customer.takes_off("address", 1, 1, expected=-1)
    assert not Change.objects.exists()


def test_another_accounts_service_and_another_brand_are_none(db) -> None:
    customer, other = buys(address=1), buys()
    with pytest.raises(NoSuchSubscription):
        Customer(other.account, customer.service).adds("address", 1, 1, expected=1)
    with pytest.raises(NoSuchSubscription):
        add_ons.take_off(
            make_act("customer", "service", brand="vpn", at=at(1)), of=customer.account, service=customer.service,
            wish=("address", 1), expected=0, once="x",
        )  # fmt: skip


def test_one_change_at_a_time(db) -> None:
    customer = buys(address=1)
    customer.adds("backup", 1, 1)
    with pytest.raises(ChangeWaits):
        customer.adds("address", 1, 1)
    with pytest.raises(ChangeWaits):
        customer.takes_off("address", 1, 1)
    changing.take_back(customer.act(2), of=customer.account, service=customer.service)
    customer.takes_off("address", 1, 2)
    assert customer.had() == {}


def test_the_same_key_asks_once(db) -> None:
    customer = buys()
    quote = customer.quote("backup", 1, 1).due.minor
    for _ in range(2):
        customer.adds("backup", 1, 1, expected=quote, once="twice")
    assert (Change.objects.count(), len(customer.invoices())) == (1, 2)


def test_the_same_key_again_is_answered_as_before_once_it_holds_or_is_gone(db) -> None:
    customer = buys()
    quote = customer.quote("backup", 1, 1).due.minor
    first = customer.adds("backup", 1, 1, expected=quote, once="more")
    customer.pays(Change.objects.get().invoice, 1)
    again = customer.adds("backup", 1, 1, expected=quote, once="more")
    assert (again.id, again.state, again.again) == (first.id, "done", True)
    assert customer.had() == {"backup": 1}
    less = customer.less("backup", 1, 2).due.minor
    gone = [customer.takes_off("backup", 1, 2, expected=less, once="less") for _ in range(2)]
    assert (gone[0].id, gone[1].again, customer.had()) == (gone[1].id, True, {})


def test_a_service_that_ends_takes_no_more_and_its_waiting_one_is_dropped(db) -> None:
    customer = buys()
    customer.adds("backup", 1, 1)
    cancelling.cancel_at_end(customer.act(2), of=customer.account, service=customer.service)
    changing.on_subscription_over(
        customer.act(2, "system"), SubscriptionEnding(customer.row.id, customer.service, customer.account)
    )
    change = Change.objects.get()
    assert change.state == "dropped"
    assert sheet(InvoiceId(change.invoice), of=customer.account).owed.minor == 0
    assert add_ons.offers(customer.act(2), of=customer.account, service=customer.service, language="en") == ()
    with pytest.raises(NoSuchMove):
        customer.adds("backup", 1, 2, expected=1)


def test_what_was_paid_for_time_after_the_end_is_given_back_with_the_service(db) -> None:
    customer = buys()
    renewing.renew_due(make_act(brand="", at=at(20)))  # billed, and not paid
    customer.has("address", 1, 20)
    cancelling.cancel_at_end(customer.act(21), of=customer.account, service=customer.service)
    end = customer.row.ends_at
    assert end is not None and end < at(32)
    cancelling.end_due(make_act(brand="", at=at(40)))
    cancelling.on_subscription_ended(
        customer.act(40, "system"), SubscriptionEnded(customer.row.id, customer.service, customer.account)
    )
    assert customer.row.state.value == "ended"
    assert [line for note in customer.invoices("credit_note") for line in customer.lines(note.id)][-1][0] == "One more IPv4 address"
    assert sum(note.net_minor for note in customer.invoices("credit_note")) == 1190 + 200
    before = len(customer.invoices())
    renewing.renew_due(make_act(brand="", at=at(100)))
    assert len(customer.invoices()) == before


def in_trial(days: int = 14) -> None:
    """The catalogue with two weeks free on each monthly plan."""
    text = CATALOGUE.read_text()
    tried = text.replace("{slug: monthly, months: 1,", f"{{slug: monthly, months: 1, trial: {{days: {days}}},")
    load_catalogue(make_act("owner", "catalogue", brand=BRAND), brand=BRAND, text=tried)


def test_in_a_trial_they_are_free_as_the_plan_is_and_what_is_due_once_is_due(db) -> None:
    in_trial()
    customer = buys(address=2, move=1)
    (invoice,) = customer.invoices()
    assert customer.lines(invoice.id) == [
        (customer.lines(invoice.id)[0][0], 1, 0), ("One more IPv4 address", 2, 0), ("We move your site for you", 1, 2500),
    ]  # fmt: skip
    assert customer.row.state.value == "trial"
    assert (customer.adds("backup", 1, 1).state, customer.adds("priority", 1, 1).state) == ("done", "done")
    assert customer.takes_off("priority", 1, 1).state == "done"
    assert customer.had() == {"address": 2, "backup": 1}
    assert customer.invoices("credit_note") == []
    renewing.renew_due(make_act(brand="", at=at(10)))
    assert customer.invoices()[-1].net_minor == 1190 + 400 + 240


def test_another_plan_keeps_add_ons_at_its_price_and_gives_the_others_back(db) -> None:
    text = CATALOGUE.read_text()
    small = "    options: [*city, *system]\n    add_ons: *beside\n"
    assert text.count(small) == 2
    beside = "    options: [*city, *system]\n    add_ons: [{slug: backup, name: {en: Nightly backup}, prices: {EUR: 340, USD: 400}}]\n"
    load_catalogue(make_act("owner", "catalogue", brand=BRAND), brand=BRAND, text=text.replace(small, beside, 1))
    customer = buys(address=2, backup=1)
    found = changing.offers(customer.act(10), of=customer.account, service=customer.service, language="en")
    offer = next(each for each in found if each.move.product == "hexa-l")
    assert [(stays.title, stays.price.minor) for stays in offer.beside.stays] == [("Nightly backup", 340)]
    assert offer.beside.goes == ("One more IPv4 address",)

    def left(minor: int) -> int:
        return _share(minor)[1]

    assert offer.change.turn.due.minor == left(2190) - left(1190) + left(340) - left(240) - left(400)
    move = offer.move
    changing.ask(
        customer.act(10), of=customer.account, service=customer.service, wish=(move.product, move.plan, move.choices),
        expected=offer.change.turn.due.minor, once="up",
    )  # fmt: skip
    customer.pays(Change.objects.get().invoice, 10)
    assert customer.had() == {"backup": 1}
    assert customer.row.price.minor == 2190 + 340
    assert "add_on.address" not in told(service_row(customer.service)).spec


def _share(minor: int) -> tuple[int, int]:
    """Used and left of an amount for the first period, of whose 31 days ten have begun."""
    used, left = Money(minor, EUR).share([10, 21])
    return used.minor, left.minor


def test_another_choice_of_the_same_plan_leaves_them_alone(db) -> None:
    customer = buys(address=2)
    found = changing.offers(customer.act(10), of=customer.account, service=customer.service, language="en")
    offer = next(each for each in found if each.move.choices.get("disk") == "480-gb")
    assert (offer.beside.keeps, offer.beside.goes) == (None, ())
    move = offer.move
    changing.ask(
        customer.act(10), of=customer.account, service=customer.service, wish=(move.product, move.plan, move.choices),
        expected=offer.change.turn.due.minor, once="disk",
    )  # fmt: skip
    customer.pays(Change.objects.get().invoice, 10)
    assert customer.had() == {"address": 2}
    assert told(service_row(customer.service)).spec["add_on.address"] == "2"


def test_another_term_has_their_price_for_it(db) -> None:
    customer = buys(backup=1, address=1)
    found = changing.offers(customer.act(10), of=customer.account, service=customer.service, language="en")
    offer = next(each for each in found if each.move.term.months == 12)
    move = offer.move
    changing.ask(
        customer.act(10), of=customer.account, service=customer.service, wish=(move.product, move.plan, move.choices),
        expected=0, once="year",
    )  # fmt: skip
    changing.sweep_due(make_act(brand="", at=at(20)))
    assert customer.row.price.minor == 12850 + 2590 + 2400


def test_an_announced_price_of_the_plan_is_not_dodged_by_an_add_on(db) -> None:
    customer = buys()
    announce_price(
        make_act("owner", "catalogue", brand=BRAND, at=at(1)), product="hexa-m", plan="monthly", each=money(1500, "EUR")
    )
    customer.has("priority", 1, 2)
    renewing.renew_due(make_act(brand="", at=at(45)))
    renewing.renew_due(make_act(brand="", at=at(50)))
    assert customer.lines(customer.invoices()[-1].id)[0][2] == 1500


def test_what_will_happen_counts_them(db) -> None:
    customer = buys(address=2)
    seen = foretelling.preview(make_act("billing", "billing", brand=BRAND, at=at(1)), customer.account, assumed="on_time")
    first = next(each for each in seen.events if each.what == "invoice")
    assert first.amount.minor == checkout_gross(1190 + 400, customer)


def checkout_gross(net: int, customer: Customer) -> int:
    invoice = customer.invoices()[0]
    return net * invoice.gross_minor // invoice.net_minor


def test_a_driver_that_built_the_service_is_asked_for_what_the_order_had_beside_it(db) -> None:
    customer = buys(address=1, priority=1, move=1)
    row = Service.objects.get(id=customer.service)
    for driver, asked in (("manual", 0), ("lxd", 1)):
        seal_contents(make_act(brand=BRAND), row, driver=driver)
        row.save()
        for _ in range(2):
            add_on_work.on_service_activated(make_act(brand=BRAND), ServiceActivated(customer.service, customer.account))
        assert Action.objects.filter(service_id=customer.service, verb="change").count() == asked
    spec = told(service_row(customer.service)).spec
    assert {key: value for key, value in spec.items() if key.startswith("add_on.")} == {"add_on.address": "1", "add_on.move": "1"}


def test_what_was_bought_once_is_told_until_it_is_done_and_not_after(db) -> None:
    customer = buys()
    customer.has("move", 1, 1)
    customer.has("address", 1, 2)
    spec = told(service_row(customer.service)).spec
    assert (spec["add_on.move"], spec["add_on.address"]) == ("1", "1")
    Action.objects.filter(service_id=customer.service, stage="queued").update(stage="done", ended_at=at(3), due_at=None)
    customer.has("address", 1, 4)
    spec = told(service_row(customer.service)).spec
    assert ("add_on.move" in spec, spec["add_on.address"]) == (False, "2")


def test_what_nothing_is_done_for_asks_nobody(db) -> None:
    customer = buys()
    customer.has("priority", 1, 1)
    assert not Action.objects.filter(service_id=customer.service, stage="queued").exists()


def test_of_two_at_once_one_is_asked_for(committed) -> None:
    customer = buys()
    expected = {slug: customer.quote(slug, 1, 1).due.minor for slug in ("backup", "address")}

    def adds(slug: str) -> str:
        try:
            customer.adds(slug, 1, 1, expected=expected[slug])
        except Foreseen as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "asked"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(adds, expected))
    assert answers == ["asked", ChangeWaits.code]
    assert Change.objects.count() == 1


def test_of_two_taken_off_at_once_there_is_one_to_take(committed) -> None:
    customer = buys(address=1)
    expected = customer.less("address", 1, 1).due.minor

    def takes_off(_: int) -> str:
        try:
            customer.takes_off("address", 1, 1, expected=expected)
        except Foreseen as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(takes_off, range(2)))
    assert answers == ["done", NoSuchAddOn.code]
    assert len(customer.invoices("credit_note")) == 1


def test_every_line_bears_the_tax_of_its_product(db) -> None:
    customer = buys(address=2, move=1)
    rates = set(InvoiceLine.objects.filter(invoice__account=customer.account).values_list("tax_rate", flat=True))
    assert len(rates) == 1
    assert Part.objects.filter(subscription=Subscription.objects.get(), kind="add_on").count() == 2


def test_what_is_given_back_is_given_though_it_was_cut_off_and_another_change_came(db, monkeypatch) -> None:
    customer = buys(address=1, backup=1)
    with monkeypatch.context() as patch:
        patch.setattr(add_ons, "settle", lambda *_: None)
        customer.takes_off("address", 1, 1)
    customer.takes_off("backup", 1, 1.1)
    for _ in range(2):
        customer.is_told(1.2)
    titles = sorted(customer.lines(note.id)[0][0] for note in customer.invoices("credit_note"))
    assert titles == ["Nightly backup", "One more IPv4 address"]


def test_the_short_period_to_a_day_of_the_month_costs_what_was_shown_add_ons_with_it(db) -> None:
    customer = buys(address=3, backup=1)
    found = aligning.preview(customer.account, day=15)
    (seen,) = found
    aligning.bring(customer.act(1), of=customer.account, day=15, seen={seen.row.id: (seen.stub.end, seen.price.minor)})
    renewing.renew_due(make_act(brand="", at=at(20)))
    assert customer.invoices()[-1].net_minor == seen.price.minor
    assert len(customer.lines(customer.invoices()[-1].id)) == 3
