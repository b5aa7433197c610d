"""Another plan, choice or term: shown and asked, paid or given back, and made so; and ends, now or later."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connections

from hostkeep.billing.actions.by_hand import Taken, record_by_hand
from hostkeep.billing.events import InvoicePaid
from hostkeep.billing.models import CreditEntry, Invoice
from hostkeep.billing.queries.invoices import held_for, sheet
from hostkeep.flows import activation, cancelling, changing, checkout, renewing, subscribing
from hostkeep.flows.handlers import HANDLERS
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import AccountId, InvoiceId, ServiceId
from hostkeep.kernel.money import EUR, money
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning.events import ServiceActivated, ServiceClosed
from hostkeep.provisioning.models import Action, Service
from hostkeep.provisioning.queries import service as service_row
from hostkeep.shop.actions.carting import Wish, add_line, open_cart
from hostkeep.shop.queries import carts
from hostkeep.subscriptions.errors import BadPrice, ChangeWaits, NoSuchChange, NoSuchMove, NoSuchSubscription, PeriodUnpaid
from hostkeep.subscriptions.events import SubscriptionChanged, SubscriptionEnded, SubscriptionEnding
from hostkeep.subscriptions.models import Change, Subscription
from hostkeep.subscriptions.queries.changes import waiting_change
from hostkeep.subscriptions.queries.subscriptions import SubscriptionRow, subscription_of_service
from hostkeep.subscriptions.rules.states import State
from tests.conftest import NOON, make_act
from tests.told import told

BRAND = "vps6"


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

    def offers(self, days: float = 0) -> list[changing.Offer]:
        found = changing.offers(self.act(days), of=self.account, service=self.service, language="en")
        return list(found)

    def dearer(self, days: float = 0) -> changing.Offer:
        return max((o for o in self.offers(days) if o.change.kind == "upgrade"), key=lambda o: o.gross.minor)

    def asks(self, offer: changing.Offer, days: float = 0, *, once: str = "", expected: int | None = None):
        move = offer.move
        seen = offer.change.turn.due.minor if expected is None else expected
        return changing.ask(
            self.act(days), of=self.account, service=self.service, wish=(move.product, move.plan, move.choices),
            expected=seen, once=once or uuid4().hex,
        )  # fmt: skip

    def pays(self, invoice, days: float = 0) -> None:
        changing.on_invoice_paid(self.act(days, "system"), InvoicePaid(InvoiceId(invoice), self.account))

    def is_told(self, days: float = 0) -> None:
        """What the outbox carries after a change that holds."""
        event = SubscriptionChanged(self.row.id, self.service, self.account)
        changing.on_subscription_changed(self.act(days, "system"), event)


def at(days: float) -> datetime:
    return NOON + timedelta(days=days)


def buys(product: str = "hexa-s", plan: str = "monthly") -> Customer:
    user = User.objects.create(brand=BRAND)
    account = open_account(make_act("customer", "account", brand=BRAND), user=user.id, values={}, language="en").account
    shopping = make_act("customer", "order", brand=BRAND, own=account_row(account).subject)
    cart = open_cart(shopping, currency="EUR", account=account).cart
    add_line(shopping, cart=cart, wish=Wish(product, plan, {}, {}, 1))
    seen = checkout.quote(shopping, cart=carts.cart(shopping.in_role("system"), cart), account=account)
    ordered = checkout.place_order(shopping, cart=cart, account=account, expected=seen.gross, once=uuid4().hex, answers={})
    given = Taken(seen.gross, "cash", NOON.date(), uuid4().hex)
    record_by_hand(make_act("billing", "billing", brand=BRAND), invoice=ordered.invoice, taken=given)
    service = ServiceId(Service.objects.get(account=account).id)
    system = make_act(brand=BRAND)
    activation.on_invoice_paid(system, InvoicePaid(ordered.invoice, account))
    Service.objects.filter(id=service).update(state="active", activated_at=NOON)
    Action.objects.filter(service_id=service).update(stage="done", due_at=None)
    subscribing.on_service_activated(system, ServiceActivated(service, account))
    return Customer(account, service)


def test_an_order_opens_a_subscription_beside_its_service(db) -> None:
    customer = buys()
    row = customer.row
    assert row.state is State.ACTIVE
    assert told(row).told.product == "hexa-s"
    assert told(row).told.title == told(service_row(customer.service)).title
    assert row.calendar.zone == "Europe/Amsterdam"
    assert row.billed_to > at(27)


def test_an_upgrade_is_billed_at_once_and_holds_when_it_is_paid(db) -> None:
    customer = buys()
    offer = customer.dearer(10)
    asked = customer.asks(offer, 10)
    assert (asked.kind, asked.state) == ("upgrade", "waiting")
    invoice = Invoice.objects.get(id=Change.objects.get().invoice)
    assert (invoice.net_minor, invoice.gross_minor) == (offer.change.due.minor, offer.gross.minor)
    assert told(customer.row).told.product == "hexa-s"
    (line,) = told(sheet(InvoiceId(invoice.id), of=customer.account)).lines

    customer.pays(invoice.id, 11)
    customer.pays(invoice.id, 11)
    customer.is_told(11)
    customer.is_told(11)
    assert told(customer.row).told.product == offer.move.product
    assert line.title == f"Change to {told(customer.row).told.title}: the difference"
    assert customer.row.price == offer.move.price
    assert told(service_row(customer.service)).product == offer.move.product
    assert [a.verb for a in Action.objects.filter(service_id=customer.service, stage="queued")] == ["change"]
    renewing.renew_due(make_act(brand="", at=at(20)))
    renewal = Invoice.objects.filter(account=customer.account).order_by("-issued_at").first()
    assert renewal.net_minor == offer.move.price.minor


def test_an_upgrade_is_made_though_a_term_holds_before_its_news_is_worked_off(db) -> None:
    customer = buys()
    offer = customer.dearer(10)
    customer.asks(offer, 10)
    customer.pays(Change.objects.get().invoice, 11)
    customer.asks(next(o for o in customer.offers(11) if o.change.kind == "term"), 11)
    changing.sweep_due(make_act(brand="", at=customer.row.renew_at))
    assert [each.state for each in Change.objects.order_by("asked_at")] == ["done", "done"]
    for _ in range(2):
        customer.is_told(30)
    assert [a.verb for a in Action.objects.filter(service_id=customer.service, stage="queued")] == ["change"]
    made = told(service_row(customer.service))
    assert (made.product, made.title) == (offer.move.product, told(customer.row).told.title)
    assert offer.move.spec.items() <= made.spec.items()


def test_an_upgrade_costs_the_days_that_are_left(db) -> None:
    customer = buys()
    offer = next(o for o in customer.offers(10) if o.change.kind == "upgrade")
    had = customer.row.price
    days = 31  # of March, the change of clocks in it or not
    expected = offer.move.price.share([10, days - 10])[1] - had.share([10, days - 10])[1]
    assert offer.change.turn.due == expected


def test_of_what_is_billed_ahead_the_difference_is_paid_too(db) -> None:
    customer = buys()
    renewing.renew_due(make_act(brand="", at=at(20)))
    move = customer.dearer(20).move
    offer = next(o for o in customer.offers(20) if o.move == move)
    whole = move.price - customer.row.price
    assert whole.minor < offer.change.turn.due.minor < 2 * whole.minor


def test_what_was_billed_while_an_upgrade_waited_is_billed_when_it_holds(db) -> None:
    customer = buys()
    offer = customer.dearer(15)
    had = customer.row.price
    customer.asks(offer, 15)
    renewing.renew_due(make_act(brand="", at=at(20)))
    customer.pays(Change.objects.get().invoice, 21)
    renewing.renew_due(make_act(brand="", at=at(50)))
    late, after = Invoice.objects.filter(account=customer.account, issued_at__gte=at(21)).order_by("issued_at")
    assert late.net_minor == (offer.move.price - had).minor
    assert after.net_minor == offer.move.price.minor
    assert [each for each in customer.offers(50) if each.change.back.minor]


def test_changes_that_wait_or_go_wrong_keep_no_younger_one_waiting(db, monkeypatch) -> None:
    monkeypatch.setattr(changing, "AT_ONCE", 1)
    first, second, third = buys(), buys(), buys()
    for days, customer in enumerate((first, second), 1):
        customer.asks(customer.dearer(days), days)
    with monkeypatch.context() as patch:
        patch.setattr(changing, "settle", lambda *_: None)
        third.asks(third.dearer(3), 3)
    changing.sweep_due(make_act(brand="", at=at(4)))
    assert not Change.objects.filter(invoice=None).exists()  # though older ones wait to be paid

    drop = changing.drop_change

    def fails(act: Act, *, change) -> object:
        if Change.objects.get(id=change).subscription_id == first.row.id:
            raise Foreseen
        return drop(act, change=change)

    monkeypatch.setattr(changing, "drop_change", fails)
    changing.sweep_due(make_act(brand="", at=at(11)))
    states = [each.state for each in Change.objects.order_by("asked_at")]
    assert states == ["waiting", "dropped", "dropped"]


def test_an_upgrade_that_is_not_paid_in_seven_days_is_dropped_and_nobody_owes_it(db) -> None:
    customer = buys()
    customer.asks(customer.dearer(1), 1)
    system = make_act(brand="", at=at(7.9))
    changing.sweep_due(system)
    assert Change.objects.get().state == "waiting"
    changing.sweep_due(make_act(brand="", at=at(8)))
    changing.sweep_due(make_act(brand="", at=at(9)))
    change = Change.objects.get()
    assert change.state == "dropped"
    assert sheet(InvoiceId(change.invoice), of=customer.account).owed.minor == 0
    customer.pays(change.invoice, 9)
    assert told(customer.row).told.product == "hexa-s"


def test_an_upgrade_that_was_cut_off_before_its_invoice_gets_it(db, monkeypatch) -> None:
    customer = buys()
    offer = customer.dearer(1)
    with monkeypatch.context() as patch:
        patch.setattr(changing, "settle", lambda *_: None)
        customer.asks(offer, 1)
    assert Change.objects.get().invoice is None
    for _ in range(2):
        changing.sweep_due(make_act(brand="", at=at(1.1)))
    assert Invoice.objects.filter(once__startswith="change:").count() == 1
    assert Change.objects.get().invoice is not None


def test_less_is_had_at_once_and_what_is_left_is_credit_with_its_tax_once(db) -> None:
    customer = buys("hexa-m")
    offer = min((o for o in customer.offers(10) if o.change.kind == "downgrade"), key=lambda o: o.gross.minor)
    asked = customer.asks(offer, 10)
    assert asked.state == "done"
    for _ in range(3):
        customer.is_told(10)
    note = Invoice.objects.get(account=customer.account, kind="credit_note")
    assert note.gross_minor == offer.given.minor > -offer.change.turn.due.minor
    assert held_for(customer.account, EUR) == offer.given
    assert told(customer.row).told.product == offer.move.product
    assert customer.row.price == offer.move.price


def test_nothing_is_given_back_of_time_that_is_billed_and_not_paid(db) -> None:
    customer = buys("hexa-m")
    renewing.renew_due(make_act(brand="", at=at(20)))
    (renewal,) = Invoice.objects.filter(once__startswith="renewal:")
    offer = min((o for o in customer.offers(21) if o.change.kind == "downgrade"), key=lambda o: o.gross.minor)
    with pytest.raises(PeriodUnpaid) as refused:
        customer.asks(offer, 21)
    assert refused.value.facts["invoice"] == str(renewal.id)
    assert not CreditEntry.objects.exists()
    assert not Change.objects.exists()
    given = Taken(money(renewal.gross_minor, renewal.currency), "cash", NOON.date(), uuid4().hex)
    record_by_hand(make_act("billing", "billing", brand=BRAND, at=at(21)), invoice=InvoiceId(renewal.id), taken=given)
    assert customer.asks(offer, 21).state == "done"


def test_another_term_holds_from_the_next_period(db) -> None:
    customer = buys()
    offer = next(o for o in customer.offers(1) if o.change.kind == "term")
    assert offer.gross.minor == 0
    ends = customer.row.billed_to
    assert offer.change.effective_at == ends
    customer.asks(offer, 1)
    assert customer.row.calendar.term.count == 1
    changing.sweep_due(make_act(brand="", at=at(10)))
    assert customer.row.calendar.term.count == 1
    system = make_act(brand="", at=customer.row.renew_at)
    changing.sweep_due(system)
    renewing.renew_due(system)
    assert customer.row.calendar.term.count == offer.move.term.months
    assert customer.row.calendar.anchor == ends
    newest = Invoice.objects.filter(account=customer.account).order_by("-issued_at").first()
    assert newest.net_minor == offer.move.price.minor


def test_nothing_is_billed_in_the_old_term_before_the_change_had_its_turn(db) -> None:
    """Between the run over changes and the one over renewals the clock goes on."""
    customer = buys()
    offer = next(o for o in customer.offers(1) if o.change.kind == "term")
    customer.asks(offer, 1)
    due = customer.row.renew_at
    changing.sweep_due(make_act(brand="", at=due - timedelta(seconds=1)))
    assert renewing.renew_due(make_act(brand="", at=due)) == 0
    assert renewing.falls_due(due)
    changing.sweep_due(make_act(brand="", at=due + timedelta(seconds=59)))
    assert renewing.renew_due(make_act(brand="", at=due + timedelta(seconds=60))) == 1
    newest = Invoice.objects.filter(account=customer.account).order_by("-issued_at").first()
    assert newest.net_minor == offer.move.price.minor


def test_a_change_of_term_that_cannot_be_made_so_does_not_keep_its_service_unbilled_for_ever(db) -> None:
    customer = buys()
    customer.asks(next(o for o in customer.offers(1) if o.change.kind == "term"), 1)
    due = customer.row.renew_at
    assert renewing.renew_due(make_act(brand="", at=due + timedelta(hours=23))) == 0
    assert renewing.renew_due(make_act(brand="", at=due + timedelta(hours=25))) == 1


def test_the_month_that_runs_out_and_what_is_billed_after_it_each_count_at_their_own_price(db) -> None:
    """A longer term is agreed on and billed ahead; of the month before it the days that are left count too."""
    customer = buys("hexa-m")
    month = customer.row.price
    customer.asks(next(o for o in customer.offers(1) if o.change.kind == "term"), 1)
    system = make_act(brand="", at=customer.row.renew_at)
    changing.sweep_due(system)
    renewing.renew_due(system)
    days = (customer.row.billed_to - NOON).days
    assert days > 150
    (year,) = Invoice.objects.filter(once__startswith="renewal:")
    for offer in customer.offers(20):
        if offer.change.kind != "term":
            runs, ahead = offer.change.shares
            assert ahead.turn.due == offer.move.price - money(year.net_minor, "EUR")
            assert (runs.billed.start, runs.left.start, runs.left.end) == (NOON, at(20), runs.billed.end)
            assert runs.turn.back == month.share([20, 11])[1]
            assert runs.turn.pay.minor < offer.move.price.minor * 11 // 31


def test_a_price_that_was_not_shown_is_refused_and_nothing_changes(db) -> None:
    customer = buys()
    offer = customer.dearer(10)
    for wrong in (0, 1, offer.change.turn.due.minor - 1, -offer.change.turn.due.minor):
        with pytest.raises(BadPrice):
            customer.asks(offer, 10, expected=wrong)
    with pytest.raises(BadPrice):
        customer.asks(offer, 12)
    assert not Change.objects.exists()


def test_what_is_not_offered_cannot_be_asked_for(db) -> None:
    customer = buys()
    for wish in (("hexa-s", "monthly", {}), ("nothing", "monthly", {}), ("hexa-m", "nothing", {})):
        with pytest.raises(NoSuchMove):
            changing.ask(customer.act(1), of=customer.account, service=customer.service, wish=wish, expected=0, once="x")


def test_one_change_at_a_time_and_it_can_be_taken_back(db) -> None:
    customer = buys()
    customer.asks(customer.dearer(1), 1, once="one")
    assert customer.asks(customer.dearer(1), 1, once="one").again
    with pytest.raises(ChangeWaits):
        customer.asks(customer.dearer(1), 1)
    changing.take_back(customer.act(2), of=customer.account, service=customer.service)
    assert waiting_change(customer.row.id) is None
    with pytest.raises(NoSuchChange):
        changing.take_back(customer.act(2), of=customer.account, service=customer.service)
    assert sheet(InvoiceId(Change.objects.get().invoice), of=customer.account).owed.minor == 0


@pytest.mark.parametrize("end", [cancelling.cancel_at_end, cancelling.cancel_now])
def test_a_change_that_waits_is_owed_by_nobody_once_its_service_ends(db, end) -> None:
    customer = buys()
    customer.asks(customer.dearer(1), 1)
    invoice = InvoiceId(Change.objects.get().invoice)
    end(customer.act(2), of=customer.account, service=customer.service)
    kind = SubscriptionEnding if end is cancelling.cancel_at_end else SubscriptionEnded
    assert changing.on_subscription_over in HANDLERS[kind]
    for _ in range(2):
        changing.on_subscription_over(customer.act(2, "system"), kind(customer.row.id, customer.service, customer.account))
    assert sheet(invoice, of=customer.account).owed.minor == 0
    assert Invoice.objects.filter(kind="credit_note").count() == 1
    assert not CreditEntry.objects.exists()


def test_another_accounts_service_can_be_neither_seen_nor_changed_nor_ended(db) -> None:
    customer, stranger = buys(), buys()
    offer = customer.dearer(1)
    act, of = stranger.act(1), stranger.account
    for deed in (
        lambda: changing.offers(act, of=of, service=customer.service, language="en"),
        lambda: changing.ask(act, of=of, service=customer.service, wish=(offer.move.product, offer.move.plan, offer.move.choices), expected=0, once="a"),
        lambda: changing.take_back(act, of=of, service=customer.service),
        lambda: cancelling.outlook(act, of=of, service=customer.service),
        lambda: cancelling.cancel_now(act, of=of, service=customer.service),
        lambda: cancelling.cancel_at_end(act, of=of, service=customer.service),
        lambda: cancelling.keep(act, of=of, service=customer.service),
        lambda: cancelling.cancel_now(make_act("customer", "service", brand="vpn"), of=customer.account, service=customer.service),
    ):
        with pytest.raises(NoSuchSubscription):
            deed()
    assert customer.row.state is State.ACTIVE
    assert not Change.objects.exists()


def test_what_runs_for_what_was_paid_ends_then_and_takes_its_service_along(db) -> None:
    customer = buys()
    ends = customer.row.billed_to
    cancelling.cancel_at_end(customer.act(5), of=customer.account, service=customer.service)
    assert customer.row.ends_at == ends
    assert cancelling.end_due(make_act(brand="", at=ends - timedelta(seconds=1))) == 0
    assert cancelling.end_due(make_act(brand="", at=ends)) == 1
    assert customer.row.state is State.ENDED
    for _ in range(2):
        cancelling.on_subscription_ended(
            make_act(brand=BRAND, at=ends), SubscriptionEnded(customer.row.id, customer.service, customer.account)
        )
    assert Service.objects.get(id=customer.service).state == "closing"


def test_an_invoice_for_time_after_the_end_is_owed_by_nobody(db) -> None:
    customer = buys()
    first = customer.row.billed_to
    renewing.renew_due(make_act(brand="", at=at(20)))
    seen = cancelling.outlook(customer.act(20), of=customer.account, service=customer.service)
    assert seen.ends_at == first
    (unpaid,) = seen.unpaid
    cancelling.cancel_at_end(customer.act(20), of=customer.account, service=customer.service)
    assert sheet(unpaid, of=customer.account).owed.minor == 0
    assert customer.row.ends_at == first


def test_what_an_upgrade_paid_for_time_after_the_end_is_given_back_once_it_has_ended(db) -> None:
    customer = buys()
    ends = customer.row.billed_to
    renewing.renew_due(make_act(brand="", at=at(20)))
    asked = customer.asks(customer.dearer(20), 20)
    invoice = InvoiceId(Change.objects.get(id=asked.id).invoice)
    paid = sheet(invoice, of=customer.account).owed
    record_by_hand(
        make_act("billing", "billing", brand=BRAND, at=at(20)), invoice=invoice,
        taken=Taken(paid, "cash", NOON.date(), uuid4().hex),
    )  # fmt: skip
    customer.pays(invoice, 20)
    later = [line for line in sheet(invoice, of=customer.account).lines if line.period.start >= ends]
    assert len(later) == 1
    cancelling.cancel_at_end(customer.act(21), of=customer.account, service=customer.service)
    assert customer.row.ends_at == ends
    assert held_for(customer.account, EUR).minor == 0
    cancelling.keep(customer.act(22), of=customer.account, service=customer.service)
    assert held_for(customer.account, EUR).minor == 0
    cancelling.cancel_at_end(customer.act(23), of=customer.account, service=customer.service)
    cancelling.end_due(make_act(brand="", at=ends))
    for _ in range(2):
        cancelling.on_subscription_ended(
            make_act(brand=BRAND, at=ends), SubscriptionEnded(customer.row.id, customer.service, customer.account)
        )
    back = later[0].unit + later[0].unit.tax(later[0].tax_rate)
    assert held_for(customer.account, EUR) == back


def owed_by(customer: Customer) -> list[int]:
    """What is open on the customer's invoices."""
    found = Invoice.objects.filter(account=customer.account, kind="invoice", issued_at__gte=at(1))
    return [owed for i in found if (owed := sheet(InvoiceId(i.id), of=customer.account).owed.minor) > 0]


def test_taken_back_it_is_owed_again_however_often(db) -> None:
    customer = buys()
    renewing.renew_due(make_act(brand="", at=at(20)))
    first, before = customer.row.billed_to, owed_by(customer)
    assert len(before) == 1
    for day in (20, 22, 24):
        ending = cancelling.cancel_at_end(customer.act(day), of=customer.account, service=customer.service)
        assert ending.ends_at < first
        assert owed_by(customer) == []
        cancelling.keep(customer.act(day + 1), of=customer.account, service=customer.service)
        assert owed_by(customer) == before
    assert customer.row.state is State.ACTIVE
    renewing.renew_due(make_act(brand="", at=at(26)))
    assert owed_by(customer) == before


def test_a_service_that_is_gone_is_billed_no_more(db) -> None:
    customer = buys()
    cancelling.on_service_closed(make_act(brand=BRAND, at=at(3)), ServiceClosed(customer.service, customer.account))
    assert customer.row.state is State.ENDED
    assert renewing.renew_due(make_act(brand="", at=at(60))) == 0


def test_many_clicks_at_once_are_one_change_and_one_invoice(committed: str) -> None:
    customer = buys()
    offer = customer.dearer(1)

    def click(n: int) -> str:
        try:
            customer.asks(offer, 1, once="one" if n % 2 else f"other-{n}")
        except Foreseen as no:
            return no.code
        finally:
            connections.close_all()
        return "asked"

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(click, range(8)))
    assert "asked" in said
    assert Change.objects.filter(state="waiting").count() == 1
    assert Change.objects.count() == 1
    assert Invoice.objects.filter(once__startswith="change:").count() == 1
    assert Subscription.objects.count() == 1
