"""Money played, led and at random: after every step the books add up, credit is not below nothing, nothing is lost."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import uuid4

from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hostkeep.billing.actions.correcting import Part, credit_lines, credit_whole
from hostkeep.billing.actions.crediting import give_credit, take_credit, use_credit
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.receiving import match_payment, record_transfer
from hostkeep.billing.transfers import Transfer
from hostkeep.billing.actions.refunding import begin_refund, record_refund
from hostkeep.billing.actions.releasing import release_payment
from hostkeep.billing.actions.topping import begin_together, begin_top_up, begin_top_up_payment
from hostkeep.billing.models import Allocation, CreditEntry, Dispute, Invoice, Payment, Refund
from hostkeep.billing.queries.refunds import room_of
from hostkeep.billing.queries.together import open_together
from hostkeep.drivers.payments import Declined, Disputed, Settled, Unknown, Waiting
from hostkeep.flows.crediting import apply_credit
from hostkeep.flows.reconciling import check_book, check_brand
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book
from hostkeep.ledger.statements import totals
from tests.conftest import NOON
from tests.flows.stating import statement_wrong
from tests.flows.playing import Step, lead, missing
from tests.rooms.billing.making import Buyer, billing_act, line

ACT = billing_act(role="billing")
CURRENCIES = (EUR, USD)
AMOUNTS = some.integers(1, 6000)
WHICH = some.integers(0, 999)
MONEY = some.sampled_from([EUR, EUR, EUR, USD])
SAID = some.sampled_from(["settled", "declined", "waiting", "unknown", "other"])


YEAR = timedelta(days=365)


class Played(RuleBasedStateMachine):
    """One account at a brand.  given: what it was given less what was taken back, in minor units by currency."""

    def __init__(self) -> None:
        super().__init__()
        self.buyer = Buyer()
        self.invoices: list = []
        self.payments: list = []
        self.lost: list = []
        self.transfers: list = []
        self.refunds: list = []
        self.disputes: list = []
        self.given = dict.fromkeys(CURRENCIES, 0)

    @initialize()
    def begins(self) -> None:
        """With something to pay and something to pay with, so that short plays reach every rule."""
        self.buys(4000, EUR)
        self.tops_up(5000, twice=False)
        self.uses_credit(0, 2000, EUR)

    def tried(self, deed):
        """Do a deed; what is foreseen and refused is fine, and changed nothing."""
        try:
            return deed()
        except Foreseen:
            return None

    @rule(minor=AMOUNTS, currency=MONEY)
    def buys(self, minor: int, currency) -> None:
        self.invoices.append(self.buyer.owes(line(minor, currency=currency)).id)

    @precondition(lambda self: self.invoices)
    @rule(which=WHICH, minor=AMOUNTS, currency=MONEY, exactly=some.booleans())
    def pays(self, which: int, minor: int, currency, exactly: bool) -> None:
        invoice = self.invoices[which % len(self.invoices)]
        account = self.buyer.account
        begun = self.tried(
            lambda: begin_payment(self.buyer.act(), of=account, invoice=invoice, gateway="testpay")
        )
        if begun is None:
            return
        came = Settled(f"p-{uuid4().hex}", begun.amount if exactly else Money(minor, currency))
        for outcome in (came, Declined("expired"), came):
            told = record_outcome(ACT, attempt=begun.attempt, outcome=outcome)
        self.payments.append(told.booked.payment)

    @precondition(lambda self: self.invoices)
    @rule(first=WHICH, count=some.integers(1, 3), minor=AMOUNTS, currency=MONEY, exactly=some.booleans(), late=some.booleans())
    def pays_several(self, first: int, count: int, minor: int, currency, exactly: bool, late: bool) -> None:
        """Documents of one currency in one payment; or one of them is paid in another tab before it comes."""
        some_of = [self.invoices[(first + step) % len(self.invoices)] for step in range(count)]
        account, act = self.buyer.account, self.buyer.act()
        for group in open_together(account, some_of):
            chosen = [row.id for row in group.chosen]
            begun = chosen and self.tried(
                lambda: begin_together(act, of=account, invoices=chosen, expected=group.sum, once=uuid4().hex)
            )
            paying = begun and self.tried(
                lambda: begin_top_up_payment(act, of=account, top_up=begun.id, gateway="testpay")
            )
            if not paying:
                continue
            if late:
                self.pays(first, minor, currency, exactly=True)
            came = Settled(paying.once, paying.amount if exactly else Money(minor, currency))
            for _ in range(2):
                told = record_outcome(ACT, attempt=paying.attempt, outcome=came)
            self.payments.append(told.booked.payment)

    @rule(minor=some.integers(500, 6000), twice=some.booleans())
    def tops_up(self, minor: int, twice: bool) -> None:
        amount, act = Money(minor, EUR), self.buyer.act()
        begun = self.tried(lambda: begin_top_up(act, of=self.buyer.account, amount=amount, once=uuid4().hex))
        paying = begun and self.tried(
            lambda: begin_top_up_payment(act, of=self.buyer.account, top_up=begun.id, gateway="testpay")
        )
        if not paying:
            return
        for _ in range(1 + twice):
            told = record_outcome(ACT, attempt=paying.attempt, outcome=Settled(paying.once, amount))
        self.payments.append(told.booked.payment)

    @rule(minor=AMOUNTS, currency=MONEY)
    def sends_without_a_reference(self, minor: int, currency) -> None:
        said = Transfer("bank_transfer", uuid4().hex, Money(minor, currency), NOON.date(), frozenset())
        self.lost.append(record_transfer(ACT, transfer=said).booked.payment)

    @precondition(lambda self: self.lost and self.invoices)
    @rule(which=WHICH, to=WHICH)
    def is_matched(self, which: int, to: int) -> None:
        payment = self.lost.pop(which % len(self.lost))
        match_payment(ACT, payment=payment, invoice=self.invoices[to % len(self.invoices)])
        self.payments.append(payment)
        self.transfers.append(payment)

    @precondition(lambda self: self.invoices)
    @rule(first=WHICH, count=some.integers(1, 3), minor=AMOUNTS, currency=MONEY, exactly=some.booleans())
    def pays_several_by_transfer(self, first: int, count: int, minor: int, currency, exactly: bool) -> None:
        some_of = [self.invoices[(first + step) % len(self.invoices)] for step in range(count)]
        account, act = self.buyer.account, self.buyer.act()
        for group in open_together(account, some_of):
            chosen = [row.id for row in group.chosen]
            begun = chosen and self.tried(
                lambda: begin_together(act, of=account, invoices=chosen, expected=group.sum, once=uuid4().hex)
            )
            if not begun:
                continue
            came, names = group.sum if exactly else Money(minor, currency), frozenset({begun.reference})
            said = Transfer("bank_transfer", uuid4().hex, came, NOON.date(), names)
            for _ in range(2):
                payment = record_transfer(ACT, transfer=said).booked.payment
            self.payments.append(payment)
            self.transfers.append(payment)

    @precondition(lambda self: self.transfers)
    @rule(which=WHICH)
    def is_released(self, which: int) -> None:
        """A transfer is nobody's again, whether it had paid one document or several; or stays whole."""
        payment = self.transfers[which % len(self.transfers)]
        if self.tried(lambda: release_payment(ACT, payment=payment)):
            assert release_payment(ACT, payment=payment).again
            self.transfers.remove(payment)
            self.payments.remove(payment)
            self.lost.append(payment)

    @rule(minor=AMOUNTS, currency=MONEY, kind=some.sampled_from(["gift", "unused"]))
    def is_given_credit(self, minor: int, currency, kind) -> None:
        amount = Money(minor, currency)
        give_credit(ACT, account=self.buyer.account, amount=amount, kind=kind, once=uuid4().hex)
        self.given[currency] += minor

    @rule(minor=AMOUNTS, currency=MONEY)
    def has_credit_taken(self, minor: int, currency) -> None:
        amount, account = Money(minor, currency), self.buyer.account
        if self.tried(
            lambda: take_credit(ACT, account=account, amount=amount, once=uuid4().hex, reason="mistake")
        ):
            self.given[currency] -= minor

    @precondition(lambda self: self.invoices)
    @rule(which=WHICH, minor=some.none() | AMOUNTS, currency=MONEY)
    def uses_credit(self, which: int, minor: int | None, currency) -> None:
        amount = Money(minor, currency) if minor else None
        invoice, account = self.invoices[which % len(self.invoices)], self.buyer.account
        self.tried(
            lambda: use_credit(ACT, account=account, invoice=invoice, amount=amount, once=uuid4().hex)
        )

    @rule()
    def credit_is_applied(self) -> None:
        apply_credit(ACT, account=self.buyer.account)

    @precondition(lambda self: self.invoices)
    @rule(which=WHICH, minor=some.none() | AMOUNTS)
    def is_credited(self, which: int, minor: int | None) -> None:
        invoice = self.invoices[which % len(self.invoices)]
        if minor is None:
            self.tried(lambda: credit_whole(ACT, invoice=invoice, reason="cancelled", once=uuid4().hex))
            return
        currency = next(c for c in CURRENCIES if c.code == Invoice.objects.get(id=invoice).currency)
        parts = [Part(1, Money(minor, currency))]
        self.tried(lambda: credit_lines(ACT, invoice=invoice, parts=parts, reason="goodwill", once=uuid4().hex))

    @precondition(lambda self: self.payments)
    @rule(which=WHICH, minor=AMOUNTS, currency=MONEY, fits=some.sampled_from([True, True, True, False]), said=SAID)
    def asks_for_money_back(self, which: int, minor: int, currency, fits: bool, said: str) -> None:
        payment, amount = self.payments[which % len(self.payments)], Money(minor, currency)
        if fits:
            _, room = room_of(payment, brand=BrandId("vps6"))
            amount = Money(min(minor, room.now.minor), room.now.currency)
        begun = self.tried(lambda: begin_refund(ACT, payment=payment, amount=amount, once=uuid4().hex))
        if begun:
            self.refunds.append(begun)
            self.hears(begun, said)

    @precondition(lambda self: self.refunds)
    @rule(which=WHICH, said=SAID)
    def hears_of_a_refund(self, which: int, said: str) -> None:
        self.hears(self.refunds[which % len(self.refunds)], said)

    def hears(self, begun, said: str) -> None:
        outcome = {
            "settled": Settled(f"r-{begun.once}", begun.amount), "declined": Declined("refused"),
            "waiting": Waiting(None), "unknown": Unknown(), "other": Settled("x", begun.amount.times(2)),
        }[said]  # fmt: skip
        self.tried(lambda: record_refund(ACT, refund=begun.id, outcome=outcome))

    @precondition(lambda self: self.payments)
    @rule(which=WHICH, fee=some.integers(0, 1500))
    def has_a_payment_taken_back(self, which: int, fee: int) -> None:
        row = Payment.objects.get(id=self.payments[which % len(self.payments)])
        if not Dispute.objects.filter(payment=row).exists():
            currency = next(c for c in CURRENCIES if c.code == row.currency)
            said = Disputed(uuid4().hex, row.proof, Money(row.minor, currency), fee, "open")
            record_dispute(ACT, gateway=row.gateway, said=said)
            self.disputes.append((row.gateway, said))

    @precondition(lambda self: self.disputes)
    @rule(which=WHICH, state=some.sampled_from(["open", "won", "lost"]))
    def hears_of_a_dispute(self, which: int, state) -> None:
        gateway, said = self.disputes[which % len(self.disputes)]
        record_dispute(ACT, gateway=gateway, said=Disputed(said.proof, said.of, said.amount, said.fee, state))

    @invariant()
    def the_statement_of_account_is_the_ledger(self) -> None:
        wrong = statement_wrong(self.buyer.account, cuts=[NOON], begin=NOON - YEAR, end=NOON + YEAR)
        assert wrong == [], wrong

    @invariant()
    def the_ledger_sums_to_zero(self) -> None:
        assert all(total.minor == 0 for total in totals())

    @invariant()
    def the_database_agrees(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    @invariant()
    def nothing_is_lost(self) -> None:
        """By currency: what came, was credited by notes and given = what is on invoices, held, and went back."""
        account = self.buyer.account
        for currency in CURRENCIES:
            mine = {"account": account, "currency": currency.code}
            came = total(Payment, **mine)
            back = total(Refund.objects.exclude(state="declined"), **mine)
            notes = total(Invoice, field="gross_minor", kind="credit_note", **mine)
            on = {"invoice__account": account, "invoice__currency": currency.code}
            covered = total(Allocation, **on)
            held = -book.balance(f"credit:{account}", currency).minor
            assert held >= 0
            assert covered + held == came - back + notes + self.given[currency]
            owed = total(Invoice.objects.exclude(kind="credit_note"), field="gross_minor", **mine) - covered
            assert book.balance(f"receivable:{account}", currency).minor == owed >= 0

    @invariant()
    def no_invoice_is_covered_twice(self) -> None:
        for row in Invoice.objects.filter(account=self.buyer.account).exclude(kind="credit_note"):
            assert total(Allocation, invoice=row) <= row.gross_minor

    def teardown(self) -> None:
        """The house's own self-check, which reckons in another way, finds nothing either."""
        assert check_brand(BrandId("vps6")) == ()
        assert check_book() == ()


def total(model, *, field: str = "minor", **which) -> int:
    """The sum of a column over some rows."""
    rows = model if hasattr(model, "filter") else model.objects
    return sum(rows.filter(**which).values_list(field, flat=True))


def step_back(said: str, minor: int) -> Step:
    """Of the first payment, the top-up, some money is asked back, and the gateway says so."""
    return "asks_for_money_back", {"which": 0, "minor": minor, "currency": EUR, "fits": True, "said": said}


LED: tuple[Step, ...] = (
    ("begins", {}),
    ("pays", {"which": 0, "minor": 1, "currency": EUR, "exactly": True}),
    step_back("declined", 300), step_back("settled", 200), step_back("waiting", 100),
    ("hears_of_a_refund", {"which": 2, "said": "declined"}),
    ("is_credited", {"which": 0, "minor": 500}),
    ("credit_is_applied", {}),
    ("sends_without_a_reference", {"minor": 700, "currency": EUR}),
    ("buys", {"minor": 900, "currency": EUR}),
    ("is_matched", {"which": 0, "to": 1}),
    ("pays_several", {"first": 0, "count": 3, "minor": 800, "currency": EUR, "exactly": True, "late": True}),
    ("buys", {"minor": 900, "currency": EUR}), ("buys", {"minor": 800, "currency": EUR}),
    ("pays_several_by_transfer", {"first": 1, "count": 3, "minor": 1, "currency": EUR, "exactly": True}),
    ("is_released", {"which": 1}), ("is_released", {"which": 0}), ("is_matched", {"which": 0, "to": 2}),
    ("has_a_payment_taken_back", {"which": 1, "fee": 1500}),
    ("hears_of_a_dispute", {"which": 0, "state": "lost"}),
)  # fmt: skip
WANTED = {
    "refund settled", "refund declined", "invoice", "credit_note", "credit", "payment", "dispute lost", "uncovered",
}  # fmt: skip


def test_money_led_to_every_end(db) -> None:
    """A play proves something only if refunds of every end, disputes and notes come about: that hangs on no chance."""
    seen: Counter[str] = Counter()

    class Counted(Played):
        def teardown(self) -> None:
            mine = {"account": self.buyer.account}
            seen.update(f"refund {state}" for state in Refund.objects.filter(**mine).values_list("state", flat=True))
            seen.update(Invoice.objects.filter(**mine).values_list("kind", flat=True))
            seen.update(Allocation.objects.filter(invoice__account=self.buyer.account).values_list("source", flat=True))
            disputes = Dispute.objects.filter(payment__account=self.buyer.account)
            seen.update(CreditEntry.objects.filter(kind="uncovered", **mine).values_list("kind", flat=True))
            seen.update(f"dispute {state}" for state in disputes.values_list("state", flat=True))
            super().teardown()

    lead(Counted, *LED)
    assert missing(seen, WANTED) == set(), seen


def test_money_played_at_random(db) -> None:
    how = settings(
        max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )  # fmt: skip
    run_state_machine_as_test(Played, settings=how)
