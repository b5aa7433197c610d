"""Money played, led and at random, and paid out by the gateway: in whatever order it is told, it is in one place."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from hostkeep.billing.actions.paying_out import record_payout, settle_payout
from hostkeep.billing.models import Dispute, Payment, Payout, Refund
from hostkeep.billing.queries.payouts import owners_of
from hostkeep.billing.rules import chart
from hostkeep.billing.rules.payouts import parted
from hostkeep.drivers.payouts import PaidOut, PayoutLine
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import Money
from hostkeep.ledger import book
from tests.conftest import NOON
from tests.flows.playing import Step, lead, missing
from tests.flows.test_money_played import ACT, CURRENCIES, WHICH, Played, total


class PaidOutToo(Played):
    """The same account; the gateway passes on what it brought."""

    def __init__(self) -> None:
        super().__init__()
        self.outs: list[PaidOut] = []

    @initialize()
    def begins_with_a_pay_out(self) -> None:
        """So that short plays reach every rule."""
        self.tops_up(5000, twice=False)
        brought = next(n for n, name in enumerate(self.payments) if Payment.objects.get(id=name).gateway == "testpay")
        for state in ("under_way", "arrived", "failed"):
            self.the_gateway_pays_out(brought, 30, state, 10)
        self.the_bank_shows_a_pay_out(1)

    @precondition(lambda self: self.payments)
    @rule(which=WHICH, fee=some.integers(0, 100), state=some.sampled_from(["under_way", "arrived", "failed"]), bill=some.integers(0, 50))
    def the_gateway_pays_out(self, which: int, fee: int, state, bill: int) -> None:
        row = Payment.objects.get(id=self.payments[which % len(self.payments)])
        if row.gateway != "testpay":
            return
        currency = next(c for c in CURRENCIES if c.code == row.currency)
        lines = (PayoutLine(row.proof, row.minor - fee, fee), PayoutLine("", -bill, bill))
        paid = PaidOut(f"po-{uuid4().hex}", Money(row.minor - fee - bill, currency), NOON.date(), state, lines)
        self.outs.append(paid)
        self.tells_of(paid, state)

    @precondition(lambda self: self.outs)
    @rule(which=WHICH, state=some.sampled_from(["under_way", "arrived", "failed"]))
    def the_gateway_tells_of_a_pay_out(self, which: int, state) -> None:
        self.tells_of(self.outs[which % len(self.outs)], state)

    def tells_of(self, paid: PaidOut, state) -> None:
        """Told twice, and nothing changes by the second."""
        shares = parted(paid, owners=owners_of("testpay", {paid.lines[0].of}), before={}, users=())
        for _ in range(2):
            record_payout(ACT, gateway="testpay", paid=replace(paid, state=state), shares=shares, by_day=())

    @precondition(lambda self: self.outs)
    @rule(which=WHICH)
    def the_bank_shows_a_pay_out(self, which: int) -> None:
        paid = self.outs[which % len(self.outs)]
        settle_payout(ACT, gateway="testpay", proof=paid.proof, bank_proof=uuid4().hex)

    @invariant()
    def what_left_the_gateway_is_in_one_place(self) -> None:
        """By currency: in transit or in the bank is what was paid out and did not come back."""
        for currency in CURRENCIES:
            mine = Payout.objects.filter(brand="vps6", currency=currency.code)
            gone = total(mine.exclude(state="failed"))
            banked = total(Payment, brand="vps6", gateway=chart.BANK, currency=currency.code)
            back = total(Refund, brand="vps6", gateway=chart.BANK, currency=currency.code, state="settled")
            taken = Dispute.objects.filter(brand="vps6", gateway=chart.BANK, currency=currency.code)
            lost = total(taken.exclude(state="won")) + total(taken, field="fee_minor")
            moving = book.balance(chart.in_transit(BrandId("vps6")), currency).minor
            there = book.balance(chart.gateway(BrandId("vps6"), chart.BANK), currency).minor
            assert moving + there == gone + banked - back - lost


LED: tuple[Step, ...] = (
    ("begins", {}),
    ("begins_with_a_pay_out", {}),  # under way; arrived, and seen at the bank; failed
    ("the_gateway_tells_of_a_pay_out", {"which": 0, "state": "failed"}),
    ("the_gateway_tells_of_a_pay_out", {"which": 2, "state": "arrived"}),
    ("the_gateway_pays_out", {"which": 0, "fee": 7, "state": "under_way", "bill": 0}),
    ("has_a_payment_taken_back", {"which": 1, "fee": 1500}),
)
WANTED = {"under_way", "arrived", "failed", "at bank"}


def test_pay_outs_led_to_every_end(db) -> None:
    """A play proves something only if pay-outs of every end come about: that hangs on no chance."""
    seen: Counter[str] = Counter()

    class Counted(PaidOutToo):
        def teardown(self) -> None:
            outs = Payout.objects.filter(proof__in=[paid.proof for paid in self.outs])
            seen.update(outs.values_list("state", flat=True))
            seen["at bank"] += outs.exclude(bank_proof="").count()
            super().teardown()

    lead(Counted, *LED)
    assert missing(seen, WANTED) == set(), seen
    assert set(seen) == WANTED


def test_pay_outs_played_at_random(db) -> None:
    how = settings(
        max_examples=10, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    run_state_machine_as_test(PaidOutToo, settings=how)
