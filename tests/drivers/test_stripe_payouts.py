"""What the Stripe driver reads of pay-outs and of what is held; what cannot be is not told, and never half."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from hostkeep.drivers.payouts import Holding, NotTold, PaidOut, PayoutLine
from hostkeep.kernel.money import EUR, USD, Money
from tests.drivers.stripe_payouts import BEGAN, DAY, StripeMoney
from tests.drivers.stripe_side import Side, stripe_side

SINCE = date(2026, 2, 20)


@pytest.fixture(scope="module")
def running() -> Iterator[Side]:
    with stripe_side() as side:
        yield side


@pytest.fixture
def side(running: Side) -> Side:
    running.money, running.lost = StripeMoney(), 0
    return running


def told(side: Side):
    return side.gateway().payouts(SINCE)


def test_a_pay_out_and_what_it_is_made_of(side: Side) -> None:
    money = side.money
    money.charged("pi_1", 5000, 175)
    money.charged("pi_2", 3000, 115)
    money.moves("refund", -1000, source={"id": "re_1", "object": "refund", "payment_intent": "pi_1"})
    money.moves("adjustment", -3000, 1500, source={"id": "dp_1", "object": "dispute", "payment_intent": {"id": "pi_2"}})
    money.moves("stripe_fee", -40)
    payout = money.pays_out()

    (paid,) = told(side).payouts

    assert paid == PaidOut(payout["id"], Money(2170, EUR), date(2026, 3, 4), "under_way", paid.lines)
    assert sorted(paid.lines, key=str) == sorted(
        [
            PayoutLine("pi_1", 4825, 175), PayoutLine("pi_2", 2885, 115), PayoutLine("pi_1", -1000), PayoutLine("pi_2", -4500),
            PayoutLine("", -40, 40),
        ], key=str,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "state"),
    [("pending", "under_way"), ("in_transit", "under_way"), ("paid", "arrived"), ("failed", "failed"), ("canceled", "failed")],
)
def test_its_state(side: Side, status: str, state: str) -> None:
    side.money.charged("pi_1", 5000, 175)
    side.money.pays_out(status=status)
    assert told(side).payouts[0].state == state


def test_one_that_failed_is_in_the_next_one_by_its_own_id(side: Side) -> None:
    money = side.money
    money.charged("pi_1", 5000, 175)
    first = money.pays_out()
    money.fails(first)
    money.pays_out(at=BEGAN + 5 * DAY)

    second, failed = told(side).payouts
    assert (failed.state, second.lines) == ("failed", (PayoutLine(first["id"], 4825),))


def test_what_is_held_with_the_fees_that_no_pay_out_has_told(side: Side) -> None:
    money = side.money
    money.charged("pi_0", 9000, 300)
    money.pays_out()
    money.charged("pi_1", 5000, 175, at=BEGAN + 2 * DAY)
    money.moves("stripe_fee", -40, at=BEGAN + 2 * DAY)
    money.charged("pi_2", 700, 30, currency="usd")

    assert set(told(side).holdings) == {Holding(Money(4785, EUR), 215), Holding(Money(670, USD), 30)}


def test_of_a_pay_out_by_hand_only_the_sum_is_known_and_what_is_held_cannot_be_compared(side: Side) -> None:
    side.money.charged("pi_1", 5000, 175)
    side.money.pays_out(automatic=False)

    said = told(side)
    assert said.payouts[0].lines == (PayoutLine("", 4825),)
    assert said.holdings == (Holding(Money(0, EUR), None),)


def test_a_payment_that_comes_while_it_is_read_makes_what_is_held_unsure(side: Side) -> None:
    side.money.charged("pi_1", 5000, 175)
    side.money.on_balance = lambda: side.money.charged("pi_2", 100, 3)
    assert side.money.reads == 0
    assert [each.fee for each in told(side).holdings] == [None]


def test_lists_of_several_pages_are_read_to_their_end(side: Side) -> None:
    side.money.page = 3
    for number in range(10):
        side.money.charged(f"pi_{number}", 1000, 10)
    side.money.pays_out()
    for number in range(5):
        side.money.charged(f"pi_held_{number}", 100, 1, at=BEGAN + 2 * DAY + number)

    said = told(side)
    assert len(said.payouts[0].lines) == 10
    assert said.holdings == (Holding(Money(495, EUR), 5),)


def test_what_is_not_whole_is_not_told(side: Side) -> None:
    side.money.charged("pi_1", 5000, 175)
    payout = side.money.pays_out()
    payout["amount"] += 1
    with pytest.raises(NotTold):
        told(side)


@pytest.mark.parametrize(
    "change",
    [{"status": "dreaming"}, {"currency": "xyz"}, {"amount": "4825"}, {"amount": 10**16}, {"arrival_date": -1}, {"id": "ü"}],
    ids=str,
)
def test_what_cannot_be_is_not_told(side: Side, change: dict) -> None:
    side.money.charged("pi_1", 5000, 175)
    payout = side.money.pays_out(automatic=False)
    payout |= change
    with pytest.raises(NotTold):
        told(side)


def test_a_line_that_broke_is_not_told(side: Side) -> None:
    side.money.charged("pi_1", 5000, 175)
    side.lost = 1
    with pytest.raises(NotTold):
        told(side)
