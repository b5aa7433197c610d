"""What will not be given is owed by nobody; what is given after all is owed once; whatever dies in between."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections

from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.models import CreditEntry, DunningStep, Invoice
from hostkeep.billing.queries.invoices import sheet
from hostkeep.brands.queries import brand as brand_row
from hostkeep.flows import cancelling, changing, crediting, dunning, renewing
from hostkeep.flows.brandloading import load_folder
from hostkeep.flows.overdue import look
from hostkeep.kernel.ids import BrandId, InvoiceId
from hostkeep.kernel.money import EUR, Money
from hostkeep.people.queries import account as account_row
from hostkeep.provisioning.actions.asking import close_service
from hostkeep.provisioning.models import Service
from hostkeep.subscriptions.actions import settling
from hostkeep.subscriptions.actions.changing import ask_change
from hostkeep.subscriptions.models import PeriodTurn
from hostkeep.subscriptions.queries.changes import preview
from hostkeep.subscriptions.queries.courses import billed_by, invoices_for
from hostkeep.subscriptions.queries.subscriptions import periods_of
from hostkeep.subscriptions.rules.agreeing import Agreed
from hostkeep.subscriptions.rules.changing import Wanted
from hostkeep.subscriptions.rules.states import State
from hostkeep.subscriptions.rules.terms import Term
from hostkeep.subscriptions.rules.turns import MOST_ANEW
from hostkeep.messaging.calls import handing
from tests.conftest import NOON, ROOT, make_act
from tests.flows.debtors import DAY, Debtor, carry, machines, passes, work
from tests.flows.test_mailing import FakeMailer
from tests.lockless import unlocked
from tests.meeting import PATIENCE, Together

BRANDS = ("issue", "payment")
AHEAD = NOON + 20 * DAY
"""A day on which the second month is billed and has not begun."""


@pytest.fixture(params=BRANDS)
def numbered(request, db, tmp_path: Path) -> str:
    """The brand's invoices are numbered when they are issued, or when they are paid."""
    number(request.param, tmp_path)
    return request.param


@pytest.fixture
def on_payment(db, tmp_path: Path) -> None:
    number("payment", tmp_path)


def number(how: str, where: Path, name: str = "vps6") -> None:
    if how != "payment":
        return
    folder = where / name
    shutil.copytree(ROOT / "brands" / name, folder)
    profile = folder / "brand.toml"
    profile.write_text(f'numbering = "payment"\n{profile.read_text()}')
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO runtime_clock (id, ahead) VALUES (1, %s - interval '1 hour' - now())", [NOON])
        load_folder(make_act("owner", "site_administration", brand=name), folder=folder)
        cursor.execute("DELETE FROM runtime_clock")
    assert brand_row(BrandId(name)).words["numbering"] == "payment"


@pytest.fixture
def fake():
    with machines() as driver:
        yield driver


def renews(at: datetime = AHEAD) -> None:
    renewing.renew_due(make_act(brand="", at=at))
    carry(at)


def asked(who: Debtor) -> list[Invoice]:
    """What asks the account for money, oldest first: invoices, or proformas where the brand numbers on payment."""
    found = Invoice.objects.filter(account=who.account).exclude(kind="credit_note").exclude(corrects__isnull=False)
    return list(found.order_by("issued_at", "number"))


def open_ones(who: Debtor) -> list[InvoiceId]:
    return [InvoiceId(i.id) for i in asked(who) if sheet(InvoiceId(i.id), of=who.account).owed.minor > 0]


def cancels(who: Debtor, at: datetime = AHEAD) -> None:
    act = who.act("customer", "service", at=at)
    cancelling.cancel_at_end(act, of=who.account, service=who.service)
    carry(at)


def keeps(who: Debtor, at: datetime = AHEAD) -> None:
    cancelling.keep(who.act("customer", "service", at=at), of=who.account, service=who.service)
    carry(at)


def gets_credit(who: Debtor, minor: int, at: datetime = AHEAD) -> None:
    act = make_act("billing", "billing", brand=who.brand, at=at, actor="staff:test")
    give_credit(act, account=who.account, amount=Money(minor, EUR), kind="gift", once=uuid4().hex)
    carry(at)


# Taken back and kept


def test_what_is_kept_is_owed_once_and_stops_if_it_is_not_paid(numbered, fake, monkeypatch) -> None:
    monkeypatch.setattr(handing, "_makers", [lambda _brand: FakeMailer()])
    who = Debtor().starts()
    renews()
    cancels(who)
    assert open_ones(who) == []
    keeps(who)
    (owed,) = open_ones(who)
    assert [each.service for each in billed_by(owed)] == [who.service]
    assert owed in invoices_for(who.service)
    assert look(owed, AHEAD).facts.about == "renewal"
    passes(AHEAD, AHEAD + 120 * DAY)
    assert "suspend" in {kind for _, kind, _ in who.steps(owed)}
    assert who.subscription.state is State.ENDED


def test_an_end_that_is_set_takes_its_invoice_back_at_every_brand(numbered, fake) -> None:
    who = Debtor().starts()
    renews()
    cancels(who)
    assert who.subscription.state is State.ENDING
    gets_credit(who, 5000)
    bought = CreditEntry.objects.filter(account=who.account, kind="used")
    assert not bought.exists(), "credit buys nothing that was taken back"
    assert open_ones(who) == []


def test_an_upgrade_that_is_taken_back_is_bought_by_no_credit(on_payment, fake) -> None:
    from tests.flows.test_changing import buys

    customer = buys()
    customer.asks(customer.dearer(1), 1)
    (waits,) = Invoice.objects.filter(once__startswith="change:", kind="proforma")
    changing.take_back(customer.act(2), of=customer.account, service=customer.service)
    assert sheet(InvoiceId(waits.id), of=customer.account).owed.minor == 0
    act = make_act("billing", "billing", brand="vps6", at=NOON + 3 * DAY)
    give_credit(act, account=customer.account, amount=Money(90000, EUR), kind="gift", once="g")
    crediting.apply_credit(act, account=customer.account)
    carry(NOON + 3 * DAY)
    assert not Invoice.objects.filter(corrects=waits, kind="invoice").exists()


def test_an_order_that_was_cancelled_unpaid_is_bought_by_no_credit(numbered, fake) -> None:
    who = Debtor()
    passes(NOON, NOON + 60 * DAY)
    assert "cancel" in {kind for _, kind, _ in who.steps(who.first)}
    assert open_ones(who) == []
    gets_credit(who, 5000, NOON + 61 * DAY)
    assert not Invoice.objects.filter(corrects=who.first, kind="invoice").exists()
    assert not CreditEntry.objects.filter(account=who.account, kind="used").exists()


def test_killed_after_the_end_was_set_the_sweep_takes_back(numbered, fake, monkeypatch) -> None:
    who = Debtor().starts()
    renews()
    with monkeypatch.context() as patch:
        patch.setattr(cancelling, "settle", lambda *_, **__: None)
        cancels(who)
    assert len(open_ones(who)) == 1
    cancelling.end_due(make_act(brand="", at=AHEAD))
    assert open_ones(who) == []


def test_killed_after_the_end_was_undone_the_sweep_bills_once(numbered, fake, monkeypatch) -> None:
    who = Debtor().starts()
    renews()
    cancels(who)
    with monkeypatch.context() as patch:
        patch.setattr(cancelling, "settle", lambda *_, **__: None)
        keeps(who)
    assert open_ones(who) == []
    for _ in range(3):
        cancelling.end_due(make_act(brand="", at=AHEAD))
    assert len(open_ones(who)) == 1


def test_killed_at_both_nothing_is_billed_twice(numbered, fake, monkeypatch) -> None:
    who = Debtor().starts()
    renews()
    before = open_ones(who)
    with monkeypatch.context() as patch:
        patch.setattr(cancelling, "settle", lambda *_, **__: None)
        cancels(who)
    keeps(who)
    cancelling.end_due(make_act(brand="", at=AHEAD))
    assert open_ones(who) == before


def test_a_renewal_between_the_look_and_the_end_is_taken_back(numbered, fake, monkeypatch) -> None:
    who = Debtor().starts()
    looked = cancelling.outlook

    def slow(*args, **named):
        seen = looked(*args, **named)
        monkeypatch.setattr(cancelling, "outlook", looked)
        renews()
        return seen

    monkeypatch.setattr(cancelling, "outlook", slow)
    cancels(who)
    assert len(asked(who)) == 2
    assert open_ones(who) == []
    keeps(who)
    assert len(open_ones(who)) == 1


def test_what_staff_took_back_is_not_billed_again(db, fake) -> None:
    from hostkeep.billing.actions.correcting import credit_whole

    who = Debtor().starts()
    renews()
    (owed,) = open_ones(who)
    credit_whole(who.act("billing", at=AHEAD), invoice=owed, reason="goodwill", once="gift")
    cancels(who)
    keeps(who)
    assert open_ones(who) == []


def test_a_part_that_was_paid_is_credit_and_pays_what_is_billed_anew(db, fake) -> None:
    from hostkeep.billing.actions.by_hand import Taken, record_by_hand

    who = Debtor().starts()
    renews()
    (owed,) = open_ones(who)
    given = Taken(Money(500, EUR), "cash", AHEAD.date(), uuid4().hex)
    record_by_hand(who.act("billing", at=AHEAD), invoice=owed, taken=given)
    carry(AHEAD)
    cancels(who)
    keeps(who)
    (again,) = open_ones(who)
    shown = sheet(again, of=who.account)
    crediting.apply_credit(who.act(at=AHEAD), account=who.account)
    assert sheet(again, of=who.account).owed.minor == shown.gross.minor - 500


def test_what_was_taken_back_is_billed_anew_line_by_line(numbered, fake) -> None:
    from hostkeep.subscriptions.holding import add_part
    from hostkeep.subscriptions.models import Subscription
    from tests.told import told

    who = Debtor().starts()
    row = Subscription.objects.get(id=who.subscription.id)
    add_part(who.act(purpose="service"), row, kind="add_on", title="Late", unit=333, cycles=1)
    add_part(who.act(purpose="service"), row, kind="discount", title="Spring", unit=-100, cycles=1)
    renews()
    (before,) = open_ones(who)
    cancels(who)
    keeps(who)
    (after,) = open_ones(who)
    one, two = (told(sheet(each, of=who.account)) for each in (before, after))
    assert before != after
    assert [(x.title, x.amount, x.taxed, x.period) for x in two.lines] == [(x.title, x.amount, x.taxed, x.period) for x in one.lines]
    assert [line.title for line in two.lines][1:] == ["Late", "Spring"]
    assert two.net.minor == 1200 + 333 - 100


def test_numbers_are_not_burnt_without_end(numbered, fake) -> None:
    who = Debtor().starts()
    renews()
    for minute in range(40):
        cancels(who, AHEAD + timedelta(minutes=2 * minute))
        keeps(who, AHEAD + timedelta(minutes=2 * minute + 1))
        assert len(open_ones(who)) <= 1
    assert len(asked(who)) <= 2 + MOST_ANEW
    assert open_ones(who) == [], "it waits for the day on which the period begins"
    (period,) = [each.period for each in periods_of(who.subscription.id) if each.is_taken_back]
    work(period.start - timedelta(hours=1))
    assert open_ones(who) == []
    work(period.start)
    (owed,) = [each for each in open_ones(who) if billed_by(each)[0].period == period]
    cancels(who, period.start + timedelta(minutes=1))
    assert owed in open_ones(who), "it has begun, and is not taken back any more"


def test_what_waits_to_be_billed_anew_is_billed_as_it_is_had_by_then(numbered, fake) -> None:
    """Ended and kept four times, the second month waits for its first day; a cheaper plan comes between."""
    who = Debtor().starts()
    renews()
    for minute in range(4):
        cancels(who, AHEAD + timedelta(minutes=2 * minute))
        keeps(who, AHEAD + timedelta(minutes=2 * minute + 1))
    (period,) = [each.period for each in periods_of(who.subscription.id) if each.is_taken_back]
    act = who.act("customer", "service", at=AHEAD + timedelta(hours=1))
    smaller = Agreed("hexa-s", "monthly", "Hexa XS", {"disk": "small"}, Term("month", 1), Money(500, EUR))
    seen = preview(act, who.subscription.id, of=who.account, wanted=smaller)
    ask_change(
        act, subscription=who.subscription.id, of=who.account, wanted=Wanted(smaller, {}), expected=seen.turn.due, once="c"
    )
    carry(AHEAD + timedelta(hours=1))
    work(period.start)
    (owed,) = [each for each in open_ones(who) if billed_by(each)[0].period == period]
    assert sheet(owed, of=who.account).net == Money(500, EUR)


# Ends


@pytest.mark.parametrize("way", ["now", "service"])
def test_whatever_ends_a_service_nobody_owes_the_time_after_it(numbered, fake, way: str) -> None:
    who = Debtor().starts()
    renews()
    assert len(open_ones(who)) == 1
    if way == "now":
        cancelling.cancel_now(who.act("customer", "service", at=AHEAD), of=who.account, service=who.service)
    else:
        close_service(who.act(purpose="service", at=AHEAD), service=who.service)
    carry(AHEAD)
    work(AHEAD + timedelta(hours=1))
    assert Service.objects.get(id=who.service).state == "closed"
    assert open_ones(who) == []
    gets_credit(who, 5000)
    assert not CreditEntry.objects.filter(account=who.account, kind="used").exists()


def test_an_order_that_ends_before_it_is_built_is_owed_by_nobody(numbered, fake) -> None:
    who = Debtor()
    cancelling.cancel_now(who.act("customer", "service"), of=who.account, service=who.service)
    carry(NOON)
    assert Service.objects.get(id=who.service).state == "closed"
    assert open_ones(who) == []
    gets_credit(who, 5000, NOON)
    assert not CreditEntry.objects.filter(account=who.account, kind="used").exists()


def orders_two() -> tuple[object, list]:
    """Two pieces of one line are ordered together."""
    from hostkeep.flows import checkout
    from hostkeep.people.actions.joining import open_account
    from hostkeep.people.models import User
    from hostkeep.shop.actions.carting import Wish, add_line, open_cart
    from hostkeep.shop.queries import carts

    user = User.objects.create(brand="vps6")
    account = open_account(make_act("customer", "account", brand="vps6"), user=user.id, values={}, language="en").account
    shopping = make_act("customer", "order", brand="vps6", own=account_row(account).subject)
    cart = open_cart(shopping, currency="EUR", account=account).cart
    add_line(shopping, cart=cart, wish=Wish("hexa-s", "monthly", {}, {}, 2))
    seen = checkout.quote(shopping, cart=carts.cart(shopping.in_role("system"), cart), account=account)
    ordered = checkout.place_order(shopping, cart=cart, account=account, expected=seen.gross, once=uuid4().hex, answers={})
    return ordered, list(Service.objects.filter(account=account).order_by("id"))


def test_of_two_that_were_ordered_the_one_that_ends_unbuilt_is_not_paid_for(numbered, fake) -> None:
    ordered, (one, two) = orders_two()
    account = one.account
    whole = sheet(ordered.invoice, of=account).gross
    carry(NOON)
    cancelling.cancel_now(make_act("customer", "service", brand="vps6", at=NOON), of=account, service=one.id)
    carry(NOON)
    owed = sheet(ordered.invoice, of=account).owed
    if numbered == "issue":
        assert owed.minor * 2 == whole.minor
    from hostkeep.billing.actions.by_hand import Taken, record_by_hand

    given = Taken(owed, "cash", NOON.date(), uuid4().hex)
    record_by_hand(make_act("billing", "billing", brand="vps6", at=NOON), invoice=ordered.invoice, taken=given)
    carry(NOON)
    held = crediting.credits_of(account)
    if numbered == "payment":
        assert [each.minor * 2 for each in held] == [whole.minor], "what it asked for and will not be given is credit"
    else:
        assert held == ()
    assert Service.objects.get(id=two.id).state != "closed"
    assert Service.objects.get(id=one.id).state == "closed"


# Opening


def test_a_service_that_runs_before_its_subscription_stands_is_counted_at_once(db, fake) -> None:
    from hostkeep.flows import checkout
    from hostkeep.shop.queries import orders
    from hostkeep.subscriptions.models import Subscription
    from hostkeep.flows import subscribing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subscribing, "subscribe", lambda *_, **__: None)  # killed before it is subscribed
        ordered, (one, two) = orders_two()
    assert not Subscription.objects.exists()
    from hostkeep.billing.actions.by_hand import Taken, record_by_hand

    owed = sheet(ordered.invoice, of=one.account).owed
    record_by_hand(
        make_act("billing", "billing", brand="vps6", at=NOON), invoice=ordered.invoice,
        taken=Taken(owed, "cash", NOON.date(), uuid4().hex),
    )  # fmt: skip

    Service.objects.filter(id__in=[one.id, two.id]).update(state="active", activated_at=NOON)
    for each in (one, two):
        from hostkeep.provisioning.events import ServiceActivated

        subscribing.on_service_activated(make_act(brand="vps6"), ServiceActivated(each.id, each.account))
    checkout.complete_order(make_act(brand="vps6", at=NOON + DAY), order=orders.order(ordered.order))
    assert {row.state for row in Subscription.objects.all()} == {"active"}
    assert Subscription.objects.count() == 2
    assert renewing.renew_due(make_act(brand="", at=NOON + 40 * DAY)) >= 2


def settled_at_once() -> tuple[int, int, int]:
    """Four workers settle one end that was cut off; return credit notes, turns, and what broke."""
    with machines():
        who = Debtor().starts()
        renews()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cancelling, "settle", lambda *_, **__: None)
            cancels(who)
        row, ready = who.subscription, Barrier(4)

        def do(_: int) -> int:
            try:
                ready.wait(PATIENCE)
                cancelling.settle(who.act("system", "service", at=AHEAD), row)
            except DatabaseError:
                return 1
            finally:
                connections.close_all()
            return 0

        with ThreadPoolExecutor(4) as hands:
            broken = sum(hands.map(do, range(4)))
    notes = Invoice.objects.filter(account=who.account, kind="credit_note").count()
    return notes, PeriodTurn.objects.filter(period__subscription=row.id).count(), broken


def test_settled_by_four_at_once_it_is_taken_back_once(committed, monkeypatch) -> None:
    with unlocked(), monkeypatch.context() as patch:
        patch.setattr(settling, "stands_of", Together(4).after(settling.stands_of))
        assert settled_at_once() != (1, 1, 0), "the race was won without the lock"
    for _ in range(2):
        assert settled_at_once() == (1, 1, 0)
