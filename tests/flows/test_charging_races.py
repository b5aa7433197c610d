"""Several workers at one invoice and one heap of call-backs, on connections of their own: money moves once.

Each race is run once more with its lock taken out, and must fail then.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from datetime import timedelta

import psycopg
import pytest
from django.db import connections

from hostkeep.billing.actions import paying as actions
from hostkeep.billing.actions.crediting import give_credit, use_credit
from hostkeep.billing.actions.storing import begin_keeping, record_kept
from hostkeep.billing.calls import gateways
from hostkeep.billing.models import GatewayNotice, Invoice, Payment, PaymentAttempt, StoredMethod
from hostkeep.billing.queries.invoices import sheet
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.payments import Kept
from hostkeep.faces.demo import pay_api, pay_telling
from hostkeep.flows import noticing, paying, storing
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from tests.conftest import NOON
from tests.cards import load_card_brand
from tests.drivers.hosted_page import HostedPage
from tests.flows.test_storing import customer, ready
from tests.meeting import PATIENCE, Together
from tests.rooms.billing.making import Buyer, billing_act

MANY = 8


class Slow(FakeGateway):
    """Takes its time, so that others come in between."""

    def charge_stored(self, ask):
        time.sleep(0.05)
        return super().charge_stored(ask)


def at_once(work: Callable[[int], object]) -> list[object]:
    """Run work(0..) on connections of their own, all beginning together; what was raised stands for its result."""
    ready_all = Barrier(MANY)

    def one(number: int) -> object:
        try:
            ready_all.wait(PATIENCE)
            return work(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(MANY) as pool:
        return list(pool.map(one, range(MANY)))


@pytest.fixture
def fake(committed: str, tmp_path: Path):
    load_card_brand(tmp_path)
    gateway = Slow()
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"testpay": gateway}.get(name))
    yield gateway
    gateways._make[:] = before


def charged_by_many(fake: FakeGateway, *, key: Callable[[int], str]) -> int:
    """Have many charge one invoice; return how often the gateway was asked."""
    buyer = customer()
    method, invoice = ready(fake, buyer), buyer.owes().id
    at_once(
        lambda number: paying.charge_stored(billing_act(buyer.brand), invoice=invoice, method=method, once=key(number))
    )
    assert sheet(invoice, of=buyer.account).is_paid
    return len(fake.asked)


def test_many_with_one_key_ask_once(fake: FakeGateway) -> None:
    assert charged_by_many(fake, key=lambda _: "dun-1") == 1


def test_many_with_keys_of_their_own_ask_once(fake: FakeGateway) -> None:
    assert charged_by_many(fake, key=lambda number: f"dun-{number}") == 1
    assert Payment.objects.count() == 1


def test_without_the_lock_on_the_invoice_more_than_one_would(fake: FakeGateway, monkeypatch) -> None:
    monkeypatch.setattr(
        actions, "_locked", lambda invoice, *, brand: Invoice.objects.filter(id=invoice, brand=brand).first()
    )
    monkeypatch.setattr(actions, "_under_way", Together(2).after(actions._under_way))
    buyer = customer()
    method, invoice = ready(fake, buyer), buyer.owes().id
    at_once(
        lambda number: paying.charge_stored(billing_act(buyer.brand), invoice=invoice, method=method, once=f"dun-{number}")
    )
    assert len(fake.asked) > 1


def test_one_card_is_preferred_whoever_chooses(fake: FakeGateway) -> None:
    buyer = customer()
    cards = []
    for number in range(4):
        asked = storing.keep_method(
            buyer.act(), of=buyer.account, gateway="testpay", links=storing.Links(str, str)
        )
        fake.kept[StoredMethod.objects.get(id=asked.method).once] = Kept(f"t{number}", "Visa 4242")
        storing.look_up_method(buyer.act(), of=buyer.account, method=asked.method)
        cards.append(asked.method)

    raised = at_once(lambda number: storing.choose_method(buyer.act(), of=buyer.account, method=cards[number % 4]))

    assert raised == [None] * MANY
    assert StoredMethod.objects.filter(preferred=True).count() == 1


@pytest.fixture
def page(committed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pay_api, "data", lambda: tmp_path)
    hosted = HostedPage(tmp_path)
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"testpay": hosted.gateway()}.get(name))
    yield hosted
    gateways._make[:] = before


def heap(page: HostedPage, *, count: int = 12) -> list[Buyer]:
    """Invoices that were paid, each told by two events, all waiting."""
    buyers = []
    for number in range(count):
        buyer = Buyer()
        begun = actions.begin_payment(billing_act(), of=buyer.account, invoice=buyer.owes().id, gateway="testpay")
        for event in ("a", "b"):
            said = {"event": f"{number}{event}", "once": begun.once, "state": "paid", "proof": f"p{number}", "minor": 2408, "currency": "EUR"}
            body = json.dumps(said).encode()
            heard = noticing.Heard(pay_telling.signed_headers(page.secret, body, at=1000), body, 1000.0)
            assert noticing.take_notice(billing_act(), gateway="testpay", heard=heard) == "new"
        buyers.append(buyer)
    return buyers


def test_many_workers_at_one_heap_book_each_payment_once(page: HostedPage) -> None:
    buyers = heap(page)
    raised = at_once(lambda _: noticing.work_off(billing_act("")))
    noticing.work_off(billing_act(""))
    assert not [each for each in raised if isinstance(each, Exception)]
    assert Payment.objects.count() == len(buyers)
    assert set(GatewayNotice.objects.values_list("state", flat=True)) == {"done"}
    assert book.balance("gateway:vps6:testpay", EUR).minor == 2408 * len(buyers)
    assert {row.state for row in PaymentAttempt.objects.all()} == {"settled"}


def test_many_that_take_one_message_keep_it_once(page: HostedPage) -> None:
    body = json.dumps({"event": "e", "once": "x", "state": "paid", "proof": "p", "minor": 5, "currency": "EUR"}).encode()
    heard = noticing.Heard(pay_telling.signed_headers(page.secret, body, at=1000), body, 1000.0)
    fates = at_once(lambda _: noticing.take_notice(billing_act(), gateway="testpay", heard=heard))
    assert sorted(map(str, fates)) == ["known"] * (MANY - 1) + ["new"]


def test_without_the_key_of_payments_the_same_heap_is_booked_wrong(page: HostedPage, committed: str, pg) -> None:
    with psycopg.connect(pg.url("postgres", committed), autocommit=True) as line:
        line.execute("ALTER TABLE billing_payment DROP CONSTRAINT one_payment_a_proof")
    buyers = heap(page)
    at_once(lambda _: noticing.work_off(billing_act("")))
    noticing.work_off(billing_act(""))
    right = Payment.objects.count() == len(buyers) and not GatewayNotice.objects.exclude(state="done").exists()
    assert not right


def test_eight_first_clicks_at_once_keep_one_method(fake: FakeGateway) -> None:
    buyer = customer()
    asked = at_once(
        lambda _: begin_keeping(buyer.act(), of=buyer.account, subject=buyer.subject, gateway="testpay")
    )
    assert len({each.id for each in asked}) == 1
    assert StoredMethod.objects.count() == 1


def test_two_first_methods_that_are_ready_at_once_have_one_preferred(fake: FakeGateway) -> None:
    buyer = customer()
    for number in range(MANY):
        act = buyer.act(at=NOON + timedelta(hours=2 * number))
        begin_keeping(act, of=buyer.account, subject=buyer.subject, gateway="testpay")
    methods = list(StoredMethod.objects.values_list("id", flat=True))
    assert len(methods) == MANY

    def kept(number: int) -> None:
        record_kept(billing_act(buyer.brand), method=methods[number], keeping=Kept(f"t{number}", "Visa 4242"))

    assert at_once(kept) == [None] * MANY
    assert StoredMethod.objects.filter(state="ready").count() == MANY
    assert StoredMethod.objects.filter(preferred=True).count() == 1


def test_one_key_for_two_invoices_with_an_amount_and_without_waits_for_nobody(fake: FakeGateway) -> None:
    buyer = customer()
    staff = billing_act(buyer.brand, role="billing")
    give_credit(staff, account=buyer.account, amount=Money(500_000, EUR), kind="gift", once="g", reason="goodwill")
    sheets = [buyer.owes().id for _ in range(MANY * 8)]
    for turn in range(8):

        def use(number: int, turn: int = turn) -> None:
            amount = Money(1000, EUR) if number % 2 else None
            invoice = sheets[turn * MANY + number]
            use_credit(staff, account=buyer.account, invoice=invoice, amount=amount, once=f"k-{turn}")

        raised = [each for each in at_once(use) if each is not None]
        assert {type(each).__name__ for each in raised} == {"CreditDiffers"}
        assert len(raised) == MANY - 1
