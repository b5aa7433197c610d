"""Months of what recurs, played led and at random: renewals, ends that are set and undone, changes, payments, credit.

After every step the money adds up: no period is billed twice or missed, and what is paid is what came, less
what went back, with the credit that was used.  The last tests take a wall out and see that the play finds it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection
from django.db.models import Q
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hostkeep.billing import fulfilling
from hostkeep.billing.actions.by_hand import Taken, record_by_hand
from hostkeep.billing.actions.crediting import give_credit
from hostkeep.billing.models import Allocation, CreditEntry, Invoice, InvoiceLine, Payment, ProformaEnded, Refund
from hostkeep.billing.queries.invoices import sheet
from hostkeep.flows import activation, cancelling, changing, renewing, standing_still, taking_back
from hostkeep.flows.reconciling import check_book, check_brand
from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, InvoiceId
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from hostkeep.ledger.statements import totals
from hostkeep.subscriptions.models import Change, Period, PeriodTurn, Subscription
from tests.conftest import NOON, make_act
from tests.flows.debtors import carry, machines
from tests.flows.playing import Step, lead, missing
from tests.flows.test_changing import Customer, buys
from tests.flows.test_taking_back import number

BRAND = "vps6"
HOURS = some.sampled_from([1, 1, 6, 24, 72, 24 * 9])


class Recurring(RuleBasedStateMachine):
    """One customer with one service at a brand.  at: the moment; given: credit that was given, in minor units."""

    def __init__(self) -> None:
        super().__init__()
        self.who: Customer = buys()
        self.at: datetime = NOON + timedelta(hours=1)
        self.given = 0
        self.deeds: Counter[str] = Counter()
        carry(self.at)

    def act(self, role: str = "customer", purpose: str = "service") -> Act:
        return make_act(role, purpose, brand=BRAND, at=self.at, actor="staff:test")

    def tried(self, name: str, deed: Callable[[], object]) -> object:
        """Do a deed, and carry its news; what is foreseen and refused is fine."""
        try:
            done = deed()
        except Foreseen:
            return None
        self.deeds[name] += 1
        carry(self.at)
        return done

    @rule(hours=HOURS)
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)
        system = make_act(brand="", at=self.at)
        for due in (
            activation.sweep_due, changing.sweep_due, standing_still.sweep_due, cancelling.end_due, renewing.renew_due,
        ):  # fmt: skip
            due(system)
            carry(self.at)

    @rule()
    def renewals_run_alone(self) -> None:
        """As at a worker that is ahead of the others."""
        renewing.renew_due(make_act(brand="", at=self.at))

    @initialize(pays=some.booleans())
    def begins(self, pays: bool) -> None:
        """With a second month billed ahead, so that short plays take back and bill anew."""
        self.time_passes(24 * 20)
        upgrade = next(n for n, offer in enumerate(self.who.offers(20)) if offer.change.kind == "upgrade")
        self.asks_for_a_change(upgrade)
        self.takes_the_change_back()
        self.cancels_at_its_end(False)
        self.keeps_it(False)
        self.cancels_at_its_end(True)
        self.time_passes(1)
        self.pays_what_is_withdrawn(0)
        self.keeps_it(True)
        if pays:
            self.time_passes(1)
            self.pays(0, 1)

    @rule(dies=some.booleans())
    def cancels_at_its_end(self, dies: bool) -> None:
        deed = lambda: cancelling.cancel_at_end(self.act(), of=self.who.account, service=self.who.service)  # noqa: E731
        self.cut_off(deed) if dies else self.tried("cancel", deed)

    @rule(dies=some.booleans())
    def keeps_it(self, dies: bool) -> None:
        deed = lambda: cancelling.keep(self.act(), of=self.who.account, service=self.who.service)  # noqa: E731
        self.cut_off(deed) if dies else self.tried("keep", deed)

    def cut_off(self, deed: Callable[[], object]) -> None:
        """Do a deed whose process is killed before what follows from it; its news lives on."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cancelling, "settle", lambda *_: None)
            try:
                deed()
            except Foreseen:
                return
        carry(self.at)
        self.deeds["died"] += 1

    @rule(odds=some.integers(0, 19))
    def ends_it_now(self, odds: int) -> None:
        if odds == 19:
            self.tried("now", lambda: cancelling.cancel_now(self.act(), of=self.who.account, service=self.who.service))

    @rule(which=some.integers(0, 20))
    def asks_for_a_change(self, which: int) -> None:
        offers = self.who.offers((self.at - NOON) / timedelta(days=1))
        if offers:
            offer = offers[which % len(offers)]
            days = (self.at - NOON) / timedelta(days=1)
            self.tried(f"change {offer.change.kind}", lambda: self.who.asks(offer, days))

    @rule()
    def takes_the_change_back(self) -> None:
        self.tried("drop", lambda: changing.take_back(self.act(), of=self.who.account, service=self.who.service))

    @rule(which=some.integers(0, 9), part=some.sampled_from([1, 1, 1, 2, 3]))
    def pays(self, which: int, part: int) -> None:
        """What is open, whole or in part, by hand."""
        owed = [(i, amount) for i in asking(self.who) if (amount := sheet(i, of=self.who.account).owed).minor > 0]
        if owed:
            invoice, amount = owed[which % len(owed)]
            given = Taken(Money(max(1, amount.minor // part), EUR), "cash", NOON.date(), uuid4().hex)
            act = self.act("billing", "billing")
            self.tried("pay", lambda: record_by_hand(act, invoice=invoice, taken=given))

    @rule(which=some.integers(0, 9))
    def pays_what_is_withdrawn(self, which: int) -> None:
        """A transfer that comes late."""
        gone = list(ProformaEnded.objects.filter(invoice__account=self.who.account).order_by("at", "invoice"))
        if gone:
            invoice = gone[which % len(gone)].invoice
            given = Taken(Money(invoice.gross_minor, EUR), "cash", NOON.date(), uuid4().hex)
            self.tried("late", lambda: record_by_hand(self.act("billing", "billing"), invoice=InvoiceId(invoice.id), taken=given))

    @rule(minor=some.integers(1, 3000))
    def is_given_credit(self, minor: int) -> None:
        act = self.act("billing", "billing")
        amount = Money(minor, EUR)
        give_credit(act, account=self.who.account, amount=amount, kind="gift", once=uuid4().hex)
        self.given += minor
        carry(self.at)

    @invariant()
    def the_books_add_up(self) -> None:
        assert all(total.minor == 0 for total in totals())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

    @invariant()
    def what_is_paid_is_what_came(self) -> None:
        """Covered and held = what came, less what went back, with notes and gifts; owed is what is not covered."""
        mine = Q(account=self.who.account)
        came = added(Payment.objects.filter(mine)) - added(Refund.objects.filter(payment__account=self.who.account))
        notes = added(Invoice.objects.filter(mine, kind="credit_note"), "gross_minor")
        covered = added(Allocation.objects.filter(invoice__account=self.who.account))
        held = -book.balance(f"credit:{self.who.account}", EUR).minor
        assert held >= 0
        assert covered + held == came + notes + self.given
        billed = added(Invoice.objects.filter(mine, kind="invoice"), "gross_minor")
        assert book.balance(f"receivable:{self.who.account}", EUR).minor == billed - covered >= 0
        used = -added(CreditEntry.objects.filter(mine, kind="used"))
        assert added(Allocation.objects.filter(invoice__account=self.who.account, source="credit")) == used

    @invariant()
    def no_period_is_billed_twice(self) -> None:
        problems = billed_wrong(self.who)
        assert problems == [], problems

    @invariant()
    def nothing_that_was_withdrawn_is_paid(self) -> None:
        gone = ProformaEnded.objects.filter(invoice__account=self.who.account).values("invoice")
        assert not Invoice.objects.filter(kind="invoice", corrects__in=gone).exists()

    @invariant()
    def numbers_have_no_gap(self) -> None:
        for kind in ("invoice", "credit_note", "proforma"):
            numbers = Invoice.objects.filter(brand=BRAND, kind=kind).values_list("number", flat=True)
            counts = sorted(int(number[-6:]) for number in numbers)
            assert counts == list(range(1, len(counts) + 1))

    def teardown(self) -> None:
        """After the sweep nothing is missing: each period that runs is billed, and the house's check agrees."""
        cancelling.end_due(make_act(brand="", at=self.at))
        carry(self.at)
        problems = billed_wrong(self.who, is_swept=True)
        assert problems == [], problems
        assert check_brand(BrandId(BRAND)) == ()
        assert check_book() == ()


def added(rows, field: str = "minor") -> int:
    """The sum of a column."""
    return sum(rows.values_list(field, flat=True))


def asking(who: Customer) -> list[InvoiceId]:
    """What asks the account for money, oldest first."""
    found = Invoice.objects.filter(account=who.account, kind__in=["invoice", "proforma"], corrects=None)
    return [InvoiceId(i) for i in found.order_by("issued_at", "number").values_list("id", flat=True)]


def left_of(document: UUID) -> int:
    """What a document bills once notes are taken off: nothing of one that was withdrawn."""
    row = Invoice.objects.get(id=document)
    if row.kind == "proforma":
        if ProformaEnded.objects.filter(invoice=row).exists():
            return 0
        made = Invoice.objects.filter(corrects=row, kind="invoice").first()
        if made is None:
            return row.gross_minor
        row = made
    return row.gross_minor - added(Invoice.objects.filter(corrects=row, kind="credit_note"), "gross_minor")


def billed_wrong(who: Customer, *, is_swept: bool = False) -> list[str]:
    """What is wrong with the customer's periods: overlaps, gaps, billed twice or not at all.

    By invoices' own lines and not by what subscriptions believe.
    is_swept  whether ends and undone ends have been followed up: then nothing may be missing either
    """
    row = Subscription.objects.get(service=who.service)
    periods = list(Period.objects.filter(subscription=row).order_by("starts_at"))
    wrong = [
        f"{one.ends_at} then {two.starts_at}"
        for one, two in zip(periods, periods[1:], strict=False) if one.ends_at != two.starts_at
    ]  # fmt: skip
    settled = is_swept or row.settle_at is None
    for each in periods[1:]:
        lines = InvoiceLine.objects.filter(about_id=row.id, starts_at=each.starts_at).exclude(invoice__kind="credit_note")
        bills = [
            invoice for invoice in set(lines.values_list("invoice", flat=True))
            if not Invoice.objects.filter(id=invoice, corrects__isnull=False).exists() and left_of(invoice) > 0
        ]  # fmt: skip
        if len(bills) > 1:
            wrong.append(f"{each.starts_at} is billed {len(bills)} times")
        waits = row.settle_at is not None and row.settle_at > each.billed_at and row.state == "active"
        gone = any(over is not None and each.starts_at >= over for over in (row.ends_at, row.ended_at))
        was_billed = each.invoice is not None and not _spent(each)
        if settled and gone and [b for b in bills if sheet(InvoiceId(b), of=who.account).owed.minor > 0]:
            wrong.append(f"{each.starts_at} is owed, and never comes")
        if settled and not gone and was_billed and not bills and not waits:
            wrong.append(f"{each.starts_at} is billed by nothing")
    changes = Change.objects.filter(subscription=row, state="dropped").exclude(invoice=None)
    wrong += [f"{c.id} was dropped and is owed" for c in changes if left_of(c.invoice) > 0 and not _paid(c, who)]
    return wrong


def _spent(period: Period) -> bool:
    """Whether all a period bills was given back for something cheaper."""
    turns = PeriodTurn.objects.filter(period=period, kind="billed").order_by("-no")
    document = turns[0].document if turns else period.invoice
    row = Invoice.objects.get(id=document)
    notes = Invoice.objects.filter(Q(corrects=row) | Q(corrects__corrects=row), kind="credit_note")
    return notes.filter(once__startswith="change:").exists() and left_of(document) == 0


def _paid(change: Change, who: Customer) -> bool:
    return sheet(InvoiceId(change.invoice), of=who.account).is_paid and left_of(change.invoice) == 0


def play(examples: int = 6, steps: int = 15, machine: type[Recurring] = Recurring) -> None:
    how = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    with machines():
        run_state_machine_as_test(machine, settings=how)


# What must be seen, by steps that leave nothing to chance

LED: tuple[Step, ...] = (
    ("begins", {"pays": True}),
    ("cancels_at_its_end", {"dies": False}),
    ("is_given_credit", {"minor": 300}),
    ("keeps_it", {"dies": True}),
    ("pays", {"which": 0, "part": 2}),  # or nothing is owed just then: the credit may have gone on it
    ("time_passes", {"hours": 24 * 9}),
    ("time_passes", {"hours": 24 * 28}),
    ("pays", {"which": 0, "part": 2}),
)
WANTED = {"cancel", "keep", "died", "pay", "drop", "change upgrade", "turns"}


@pytest.mark.parametrize(("how", "wanted"), [("issue", WANTED), ("payment", WANTED | {"late"})])
def test_what_recurs_led_to_every_end(db, tmp_path: Path, how: str, wanted: set[str]) -> None:
    """A play proves something only if ends, undone ends and cut-off deeds come about: that hangs on no chance."""
    number(how, tmp_path)
    seen: Counter[str] = Counter()

    class Counted(Recurring):
        def teardown(self) -> None:
            super().teardown()
            seen.update(self.deeds)
            seen["turns"] += PeriodTurn.objects.filter(period__subscription__service=self.who.service).count()

    with machines():
        lead(Counted, *LED)
    assert missing(seen, wanted) == set(), seen


@pytest.mark.parametrize("how", ["issue", "payment"])
def test_what_recurs_played_at_random(db, tmp_path: Path, how: str) -> None:
    number(how, tmp_path)
    play()


# The play finds what is broken


def finds(machine: type[Recurring] = Recurring) -> str:
    """Play what every play begins and ends with; return what is wrong."""
    try:
        with machines():
            lead(machine, ("begins", {"pays": False}))
    except (AssertionError, DatabaseError) as wrong:
        return f"{wrong} {wrong.__context__}" if str(wrong) else type(wrong).__name__
    return ""


def test_it_finds_a_bill_that_is_made_anew_without_the_first_taken_back(db, monkeypatch) -> None:
    monkeypatch.setattr(taking_back, "take_back", lambda act, *, invoice, once: invoice)  # says so, and does not
    assert "is billed 3 times" in finds()


def test_it_finds_that_a_change_is_dropped_and_its_invoice_stays(db, monkeypatch) -> None:
    monkeypatch.setattr(changing, "_take_invoice_back", lambda *_: None)
    assert "was dropped and is owed" in finds()


def test_it_finds_that_what_is_withdrawn_is_bought_all_the_same(db, tmp_path, monkeypatch) -> None:
    number("payment", tmp_path)
    monkeypatch.setattr(fulfilling, "is_withdrawn", lambda _: False)
    assert finds() != ""


def test_it_finds_a_sweep_that_forgets_what_was_cut_off(db, monkeypatch) -> None:
    class CutOff(Recurring):
        def teardown(self) -> None:
            self.cancels_at_its_end(True)
            super().teardown()

    assert finds(CutOff) == ""
    monkeypatch.setattr(cancelling, "settling_due", lambda _, **__: ())
    assert "is owed, and never comes" in finds(CutOff)
