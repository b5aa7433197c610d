"""What gateways pay out to the bank: booked once, parted among brands, met again in the bank's file, compared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.audit.reading import newest_id
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.refunding import begin_refund, record_refund
from hostkeep.billing.calls import gateways
from hostkeep.billing.models import Finding, Payment, Payout
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.reconciling import handle_of
from hostkeep.brands import queries as brand_queries
from hostkeep.brands.models import Brand
from hostkeep.drivers.payments import Disputed, Settled
from hostkeep.drivers.payouts import Holding, PaidOut, PayoutLine
from hostkeep.flows import paying_out
from hostkeep.flows.bank_files import import_bank_file
from hostkeep.flows.reconciling import check_book, check_brand
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book
from tests.conftest import NOON, ROOT, make_act
from tests.drivers.bank_files import Entry, camt
from tests.flows.payer_of_gateways import PaysOut
from tests.rooms.billing.making import Buyer, billing_act, line
from tests.rung import rung

VPS6, FAST = BrandId("vps6"), BrandId("vpsfast")
DAY = timedelta(days=1)
ARRIVES = date(2026, 3, 2)


@pytest.fixture
def gateway(db) -> Iterator[PaysOut]:
    fake = PaysOut()
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"testpay": fake, "bank_transfer": BankTransfer()}.get(name))
    yield fake
    gateways._make[:] = before


def paid(minor: int, *, brand: str = "vps6", currency=EUR, proof: str = "") -> tuple[Buyer, str]:
    """An invoice of so much, paid at the gateway: its buyer and the proof."""
    buyer, proof = Buyer(brand), proof or f"p-{uuid4().hex}"
    invoice = buyer.owes(line(minor, rate=0, currency=currency)).id
    begun = begin_payment(buyer.act(), of=buyer.account, invoice=invoice, gateway="testpay")
    record_outcome(billing_act(brand), attempt=begun.attempt, outcome=Settled(proof, Money(minor, currency)))
    return buyer, proof


def out(*lines: PayoutLine, proof: str = "po_1", state: str = "under_way", currency=EUR, on: date = ARRIVES) -> PaidOut:
    return PaidOut(proof, Money(sum(each.net for each in lines), currency), on, state, lines)


def goes_round(at=NOON) -> int:
    return paying_out.run(make_act(brand="", at=at), paying_out.ALL)


def at(code: str, currency=EUR) -> int:
    return book.balance(code, currency).minor


def stands(brand: BrandId = VPS6) -> tuple[int, int, int, int]:
    """At the gateway, in transit, in the bank, fees."""
    return (
        at(chart.gateway(brand, "testpay")), at(chart.in_transit(brand)), at(chart.gateway(brand, chart.BANK)), at(chart.fees(brand)),
    )  # fmt: skip


def adds_up() -> None:
    assert [check_brand(brand) for brand in (VPS6, FAST)] == [(), ()]
    assert check_book() == ()


def found() -> set[tuple[str, object, int]]:
    return {(row.what, row.about, row.minor) for row in Finding.objects.filter(brand="", settled_at=None)}


def test_a_pay_out_leaves_the_gateway_once_however_often_it_is_told(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    gateway.told = [out(PayoutLine(proof, 4900, 100))]

    assert (goes_round(), goes_round(NOON + DAY)) == (1, 0)

    assert stands() == (0, 4900, 0, 100)
    assert Payout.objects.count() == 1
    adds_up()


def test_the_credit_at_the_bank_is_the_pay_out_and_no_payment(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    gateway.told = [out(PayoutLine(proof, 4900, 100))]
    goes_round()
    payments = Payment.objects.count()
    file = camt(Entry("49.00", words="TESTPAY PAYOUT po_1", ref="B-1"))

    (row,) = import_bank_file(billing_act(role="billing"), body=file).rows
    again = camt(Entry("49.00", words="TESTPAY PAYOUT po_1", ref="B-1"), id_="STMT-2")
    (second,) = import_bank_file(billing_act(role="billing"), body=again).rows

    assert (row.fate, second.fate) == ("payout", "known")
    assert stands() == (0, 0, 4900, 100)
    assert Payment.objects.count() == payments
    adds_up()


@pytest.mark.parametrize(
    "entry",
    [
        Entry("49.00", words="from a customer", ref="B-1"),
        Entry("49.01", words="TESTPAY po_1", ref="B-1"),
        Entry("49.00", words="TESTPAY po_1", ref="B-1", day="2026-01-02"),
    ],
    ids=["amount alone", "another amount", "another time"],
)
def test_what_only_looks_like_a_pay_out_stays_a_payment(gateway: PaysOut, entry: Entry) -> None:
    _, proof = paid(5000)
    gateway.told = [out(PayoutLine(proof, 4900, 100))]
    goes_round()

    (row,) = import_bank_file(billing_act(role="billing"), body=camt(entry)).rows

    assert row.fate == "unmatched"
    assert stands()[1] == 4900
    adds_up()


def test_one_of_two_pay_outs_of_the_same_amount_is_taken_by_each_credit(gateway: PaysOut) -> None:
    first, second = paid(5000)[1], paid(5000)[1]
    gateway.told = [out(PayoutLine(first, 5000), proof="po_1"), out(PayoutLine(second, 5000), proof="po_2")]
    goes_round()

    two = camt(Entry("50.00", words="TESTPAY", ref="B-1"), Entry("50.00", words="TESTPAY", ref="B-2"))
    rows = import_bank_file(billing_act(role="billing"), body=two).rows

    assert [row.fate for row in rows] == ["payout", "payout"]
    assert stands() == (0, 0, 10_000, 0)
    adds_up()


def test_one_that_failed_is_at_the_gateway_again_and_the_next_one_takes_it(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    first = out(PayoutLine(proof, 4900, 100))
    gateway.told = [first]
    goes_round()
    gateway.told = [replace(first, state="failed")]
    assert goes_round(NOON + DAY) == 0
    assert stands() == (4900, 0, 0, 100)
    adds_up()

    gateway.told = [replace(first, state="failed"), out(PayoutLine("po_1", 4900), proof="po_2", on=ARRIVES + 7 * DAY)]
    assert goes_round(NOON + 2 * DAY) == 1
    gateway.told = [first, gateway.told[1]]
    goes_round(NOON + 3 * DAY)

    assert stands() == (0, 4900, 0, 100), "and what failed stays failed"
    adds_up()


def test_one_that_failed_after_the_bank_had_it_leaves_the_bank(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    first = out(PayoutLine(proof, 4900, 100))
    gateway.told = [first]
    goes_round()
    import_bank_file(billing_act(role="billing"), body=camt(Entry("49.00", words="testpay", ref="B-1")))
    gateway.told = [replace(first, state="failed")]
    goes_round(NOON + DAY)

    assert stands() == (4900, 0, 0, 100)
    adds_up()


def test_one_that_is_heard_of_only_when_it_has_failed_keeps_its_fee(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    gateway.told = [out(PayoutLine(proof, 4900, 100), state="failed")]

    assert goes_round() == 1
    assert stands() == (4900, 0, 0, 100)
    adds_up()


def test_it_is_parted_among_the_brands_whose_payments_are_in_it(gateway: PaysOut) -> None:
    mine, theirs = paid(5000)[1], paid(3000, brand="vpsfast")[1]
    gateway.told = [out(PayoutLine(mine, 4900, 100), PayoutLine(theirs, 2940, 60), PayoutLine("", -40, 40))]
    goes_round()

    assert stands() == (0, 4860, 0, 140), "the gateway's own bill goes with the largest part"
    assert stands(FAST) == (0, 2940, 0, 60)

    file = camt(Entry("78.00", words="TESTPAY", ref="B-1"))
    (row,) = import_bank_file(billing_act(role="billing"), body=file).rows
    assert row.fate == "payout"
    assert (stands(), stands(FAST)) == ((0, 0, 4860, 140), (0, 0, 2940, 60))
    adds_up()


def test_refunds_and_disputes_in_it_are_not_counted_twice(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    buyer, other = paid(3000)
    payment = Payment.objects.get(proof=other)
    too_much = overpaid(buyer)
    begun = begin_refund(billing_act(role="billing"), payment=too_much, amount=Money(500, EUR), once="r")
    record_refund(billing_act(), refund=begun.id, outcome=Settled("re_1", Money(500, EUR)))
    record_dispute(
        billing_act(), gateway="testpay", said=Disputed("dp_1", payment.proof, Money(3000, EUR), 1500, "open")
    )
    over = Payment.objects.get(id=too_much).proof
    gateway.told = [
        out(
            PayoutLine(proof, 4900, 100), PayoutLine(other, 2940, 60), PayoutLine(over, 590, 10), PayoutLine(over, -500),
            PayoutLine(other, -4500),
        )
    ]  # fmt: skip
    goes_round()

    assert stands() == (0, 3430, 0, 1500 + 170)
    adds_up()


def overpaid(buyer: Buyer):
    """A payment that was more than its invoice by five euros."""
    proof = f"p-{uuid4().hex}"
    invoice = buyer.owes(line(100, rate=0)).id
    begun = begin_payment(buyer.act(), of=buyer.account, invoice=invoice, gateway="testpay")
    return record_outcome(billing_act(), attempt=begun.attempt, outcome=Settled(proof, Money(600, EUR))).booked.payment


def test_one_of_another_currency_than_its_payments_is_not_booked_and_rings(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    gateway.told = [out(PayoutLine(proof, 5300), currency=USD)]
    before = newest_id()

    assert goes_round() == 0

    assert Payout.objects.count() == 0 and stands() == (5000, 0, 0, 0)
    assert found() == {("payout", handle_of("testpay:po_1"), 5300)}
    assert rung(before) == ["books_out"]
    goes_round(NOON + DAY)
    assert rung(before) == ["books_out"], "once"
    adds_up()


def test_one_of_which_nobody_can_tell_whose_it_is_waits_for_a_person(gateway: PaysOut) -> None:
    paid(5000)
    paid(3000, brand="vpsfast")
    gateway.told = [out(PayoutLine("", 8000))]

    assert goes_round() == 0
    assert found() == {("payout", handle_of("testpay:po_1"), 8000)}


def test_where_one_brand_uses_the_gateway_all_of_it_is_its(gateway: PaysOut) -> None:
    paid(5000)
    gateway.told = [out(PayoutLine("", 5000))]

    assert goes_round() == 1
    assert stands() == (0, 5000, 0, 0)
    adds_up()


def test_one_that_is_told_otherwise_than_before_changes_nothing_and_rings(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    gateway.told = [out(PayoutLine(proof, 4900, 100))]
    goes_round()
    gateway.told = [out(PayoutLine(proof, 4800, 200), state="failed")]
    goes_round(NOON + DAY)

    assert stands() == (0, 4900, 0, 100)
    assert found() == {("payout", handle_of("testpay:po_1"), 4800)}

    gateway.told = [out(PayoutLine(proof, 4900, 100))]
    goes_round(NOON + 2 * DAY)
    assert found() == set()


def test_one_that_cannot_be_booked_keeps_no_other_out(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    gateway.told = [out(PayoutLine(proof, 100), proof="po_0" * 50), out(PayoutLine(proof, 5000), on=ARRIVES + DAY)]

    assert goes_round() == 1
    assert stands() == (0, 5000, 0, 0)


@pytest.fixture
def by_day(gateway: PaysOut) -> PaysOut:
    """vps6 reads no bank files."""
    row = Brand.objects.get(id="vps6")
    row.profile = {**row.profile, "bank": {**row.profile.get("bank", {}), "payouts": "day"}}
    row.save()
    brand_queries.forget()
    yield gateway
    brand_queries.forget()


def test_a_brand_that_reads_no_bank_file_has_it_when_the_gateway_says_so(by_day: PaysOut) -> None:
    mine, theirs = paid(5000)[1], paid(3000, brand="vpsfast")[1]
    lines = (PayoutLine(mine, 5000), PayoutLine(theirs, 3000))
    by_day.told = [out(*lines)]
    goes_round()
    assert stands() == (0, 5000, 0, 0)
    by_day.told = [out(*lines, state="arrived")]
    goes_round(NOON + DAY)
    goes_round(NOON + 2 * DAY)

    assert stands() == (0, 0, 5000, 0)
    assert stands(FAST) == (0, 3000, 0, 0), "the other waits for its file"
    adds_up()


def test_money_that_the_gateway_takes_from_the_bank_arrives_by_its_word(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    gateway.told = [out(PayoutLine(proof, 5000)), out(PayoutLine(proof, -700), proof="po_2", state="arrived", on=ARRIVES + DAY)]
    goes_round()

    assert stands() == (700, 5000, -700, 0)
    adds_up()


def test_what_the_gateway_holds_otherwise_is_a_finding_when_it_stands_at_two_checks(gateway: PaysOut) -> None:
    _, proof = paid(5000)
    gateway.held = [Holding(Money(4900, EUR), 100)]
    before = newest_id()
    goes_round()
    assert found() == set()

    gateway.held = [Holding(Money(4000, EUR), 100)]
    goes_round(NOON + DAY)
    assert found() == set(), "a payment may be on its way to us"
    goes_round(NOON + 2 * DAY)
    assert found() == {("holding", handle_of("testpay"), 900)}
    goes_round(NOON + 3 * DAY)
    assert rung(before) == ["books_out"]

    gateway.deaf = True
    goes_round(NOON + 4 * DAY)
    assert found() == {("holding", handle_of("testpay"), 900)}, "silence mends nothing"

    gateway.deaf = False
    gateway.held = [Holding(Money(0, EUR), 0)]
    gateway.told = [out(PayoutLine(proof, 4900, 100))]
    goes_round(NOON + 5 * DAY)
    assert found() == set()


def test_a_gateway_that_cannot_tell_its_fees_is_not_compared(gateway: PaysOut) -> None:
    paid(5000)
    gateway.held = [Holding(Money(1, EUR), None)]
    for day in range(3):
        goes_round(NOON + day * DAY)
    assert found() == set()


def test_it_is_sent_once_a_day_and_only_where_a_gateway_tells(gateway: PaysOut) -> None:
    assert paying_out.send_due(make_act(brand="", at=NOON)) == 1
    assert paying_out.send_due(make_act(brand="", at=NOON)) == 0, "it waits"
    goes_round()
    assert paying_out.send_due(make_act(brand="", at=NOON + DAY / 2)) == 0
    gateways.carry_with(lambda name, _: {"bank_transfer": BankTransfer()}.get(name))
    assert paying_out.send_due(make_act(brand="", at=NOON + DAY)) == 0


def test_where_one_does_not_answer_all_are_asked_again_in_an_hour(gateway: PaysOut) -> None:
    gateway.deaf = True
    goes_round()
    assert paying_out.checked_at() is None
    assert paying_out.send_due(make_act(brand="", at=NOON + DAY / 48)) == 0
    assert paying_out.send_due(make_act(brand="", at=NOON + DAY / 24)) == 1


@pytest.mark.parametrize("booked", [0, 1, 2, 3, 4])
def test_a_worker_that_dies_in_between_leaves_all_of_a_pay_out_or_nothing(committed: str, pg, booked: int) -> None:
    fake = PaysOut()
    mine, theirs = paid(5000)[1], paid(3000, brand="vpsfast")[1]
    fake.told = [out(PayoutLine(mine, 4900, 100), PayoutLine(theirs, 3000)), out(PayoutLine(mine, -100), proof="po_2")]
    argv = [sys.executable, "-m", "tests.flows.paying_out_dies", committed, str(pg.folder), str(booked), mine, theirs]
    environ = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    done = subprocess.run(argv, env=environ, cwd=ROOT, capture_output=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    assert Payout.objects.filter(proof="po_1").count() in {0, 2}
    adds_up()

    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"testpay": fake}.get(name))
    try:
        goes_round()
        goes_round(NOON + DAY)
    finally:
        gateways._make[:] = before
    assert (stands(), stands(FAST)) == ((100, 4800, 0, 100), (0, 3000, 0, 0))
    adds_up()
