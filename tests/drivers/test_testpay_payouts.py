"""The test gateway pays out what it holds: its own side, read by the driver, and booked by the house."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from hostkeep.adapters.gateways.testpay.gateway import Config, TestPay
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.calls import gateways
from hostkeep.billing.models import Finding
from hostkeep.billing.rules import chart
from hostkeep.drivers.conformance.payments import ask
from hostkeep.drivers.payments import RefundAsk, Settled
from hostkeep.drivers.payouts import Holding, NotTold, PayoutLine
from hostkeep.drivers.wire import Reply
from hostkeep.faces.demo import pay_api
from hostkeep.faces.demo.pay_back import FEE, dispute, end_dispute
from hostkeep.faces.demo.pay_out import end_out, outs_of, pay_out
from hostkeep.flows import paying_out
from hostkeep.flows.reconciling import check_brand
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from tests.conftest import NOON, make_act
from tests.drivers.hosted_page import DeafLine, HostedPage, SaysLine
from tests.rooms.billing.making import Buyer, billing_act, line

TODAY = date(2026, 3, 1)
SINCE = TODAY - timedelta(days=35)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostedPage:
    monkeypatch.setattr(pay_api, "data", lambda: tmp_path)
    return HostedPage(tmp_path)


def paid(page: HostedPage, once: str) -> str:
    """A paid charge of five euros; its proof."""
    page.gateway().charge(ask(once))
    page.pay(once)
    return page.kept(once).proof


def test_all_that_is_held_is_paid_out_once_less_two_in_a_hundred(page: HostedPage) -> None:
    proof = paid(page, "a")
    assert page.gateway().payouts(SINCE).holdings == (Holding(Money(490, EUR), 10),)

    assert (pay_out(page.book, on=TODAY), pay_out(page.book, on=TODAY)) == (1, 0)

    said = page.gateway().payouts(SINCE)
    (out,) = said.payouts
    assert (out.amount, out.arrives_on, out.state) == (Money(490, EUR), TODAY + timedelta(days=1), "under_way")
    assert out.lines == (PayoutLine(proof, 490, 10),)
    assert said.holdings == ()
    assert page.gateway().payouts(TODAY + timedelta(days=1)).payouts == ()


def test_refunds_and_disputes_and_what_came_back_go_with_the_next(page: HostedPage) -> None:
    proof = paid(page, "a")
    pay_out(page.book, on=TODAY)
    (first,) = outs_of(page.book, since=SINCE)
    assert end_out(page.book, first.token, "failed")
    assert not end_out(page.book, first.token, "arrived")
    page.gateway().refund(RefundAsk(proof, Money(100, EUR), "r", "http://shop.test/"))
    dispute(page.book, page.kept("a"), at=1.0)
    assert pay_out(page.book, on=TODAY) == 0, "what is owed to the company is not paid out"
    end_dispute(page.book, page.kept("a"), "won")
    for number in range(4):
        paid(page, f"b{number}")
    assert pay_out(page.book, on=TODAY) == 1

    second, failed = sorted(page.gateway().payouts(SINCE).payouts, key=lambda out: out.state == "failed")
    assert failed.proof == first.proof
    lines = set(second.lines)
    assert {
        PayoutLine(proof, -100), PayoutLine(proof, -500 - FEE), PayoutLine(proof, 500), PayoutLine(first.proof, 490),
    } < lines  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        b"[]", b"{}", b'{"payouts": [1], "holdings": []}', b'{"payouts": [], "holdings": [{"minor": 1, "currency": "EUR"}]}',
        b'{"payouts": [{"proof": "p", "minor": 2, "currency": "EUR", "state": "arrived", "arrives_on": "2026-03-02",'
        b' "lines": [{"of": "x", "net": 1, "fee": 0}]}], "holdings": []}',
        b'{"payouts": [{"proof": "p", "minor": 1, "currency": "EUR", "state": "arrived", "arrives_on": "soon",'
        b' "lines": [{"of": "x", "net": 1, "fee": 0}]}], "holdings": []}',
    ],
)  # fmt: skip
def test_what_cannot_be_is_not_told(said: bytes) -> None:
    with pytest.raises(NotTold):
        TestPay(SaysLine(Reply(200, {}, said)), Config("http://localhost:1", "s")).payouts(SINCE)


def test_silence_is_not_told() -> None:
    with pytest.raises(NotTold):
        TestPay(DeafLine(), Config("http://localhost:1", "s")).payouts(SINCE)


@pytest.fixture
def offered(db, page: HostedPage) -> Iterator[HostedPage]:
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"testpay": page.gateway()}.get(name))
    yield page
    gateways._make[:] = before


def test_from_the_payment_to_the_books(offered: HostedPage) -> None:
    """Real on both sides: what is paid at the page, paid out there, told, booked; and both agree on what is left."""
    buyer, vps6 = Buyer(), BrandId("vps6")
    for once in ("a", "b"):
        invoice = buyer.owes(line(500, rate=0)).id
        begun = begin_payment(buyer.act(), of=buyer.account, invoice=invoice, gateway="testpay")
        proof = paid(offered, once)
        record_outcome(billing_act(), attempt=begun.attempt, outcome=Settled(proof, Money(500, EUR)))
        if once == "a":
            pay_out(offered.book, on=NOON.date())

    for day in range(3):
        paying_out.run(make_act(brand="", at=NOON + timedelta(days=day)), paying_out.ALL)

    codes = (chart.gateway(vps6, "testpay"), chart.in_transit(vps6), chart.fees(vps6))
    assert [book.balance(code, EUR).minor for code in codes] == [500, 490, 10]
    assert check_brand(vps6) == ()
    assert not Finding.objects.exists()
