"""The daily self-check finds what is out of step, once, and nothing else."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from hostkeep.audit.reading import newest_id, raised_after
from hostkeep.billing.actions.correcting import Part, credit_lines
from hostkeep.billing.actions.crediting import give_credit, take_credit, use_credit
from hostkeep.billing.actions.disputing import record_dispute
from hostkeep.billing.actions.reconciling import MOST_ALARMS, record_findings
from hostkeep.billing.actions.refunding import begin_refund, record_refund
from hostkeep.billing.actions.receiving import match_payment, record_transfer
from hostkeep.billing.transfers import Transfer
from hostkeep.billing.models import Allocation, CreditEntry, Dispute, Finding, Invoice, Payment, Refund
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.unpaid import unpaid_of
from hostkeep.billing.rules.reconciling import Deviation, handle_of
from hostkeep.drivers.payments import Declined, Disputed, Settled
from hostkeep.faces.cli import ledgering
from hostkeep.flows import reconciling
from hostkeep.kernel.ids import OPERATOR, BrandId, InvoiceId, Ref
from hostkeep.kernel.money import EUR, USD, VND, Money
from hostkeep.ledger import book, checking
from hostkeep.ledger.rules import Leg
from hostkeep.runtime import jobs
from tests.conftest import NOON, make_act
from tests.rooms.billing.making import Buyer, billing_act, line
from tests.rung import rung

VPS6 = BrandId("vps6")
STAFF = billing_act(role="billing")


def transferred(minor: int, *references: str, proof: str = "", currency=EUR) -> UUID:
    coming = Transfer(
        "bank_transfer", proof or uuid4().hex, Money(minor, currency), date(2026, 3, 2), frozenset(references)
    )
    return record_transfer(billing_act(role="billing"), transfer=coming).booked.payment


def reference(buyer: Buyer, invoice: InvoiceId) -> str:
    return sheet(invoice, of=buyer.account).reference


def played() -> Buyer:
    """A bit of everything that billing books at one brand."""
    buyer, other = Buyer(), Buyer()
    whole, part, over, noted = (buyer.owes() for _ in range(4))
    buyer.owes(line(0))
    other.owes(line(500, currency=USD))
    transferred(whole.gross.minor, reference(buyer, whole.id))
    transferred(1000, reference(buyer, part.id))
    transferred(over.gross.minor + 777, reference(buyer, over.id))
    transferred(99_000, reference(buyer, part.id), currency=VND)
    transferred(123, proof="nobody")
    matched = transferred(5000)
    match_payment(STAFF, payment=matched, invoice=noted.id)
    credit_lines(STAFF, invoice=whole.id, parts=[Part(1, Money(500, EUR))], reason="goodwill", once="n1")
    credit_lines(STAFF, invoice=part.id, parts=[Part(1, Money(100, EUR))], reason="goodwill", once="n2")
    give_credit(STAFF, account=buyer.account, amount=Money(300, EUR), kind="gift", once="g")
    give_credit(STAFF, account=buyer.account, amount=Money(200, EUR), kind="unused", once="u")
    take_credit(STAFF, account=buyer.account, amount=Money(50, EUR), once="t", reason="mistake")
    use_credit(billing_act(), account=buyer.account, invoice=part.id, amount=Money(250, EUR), once="c")
    for once, told in (("r1", Settled("r1", Money(70, EUR))), ("r2", Declined("refused")), ("r3", None)):
        begun = begin_refund(STAFF, payment=matched, amount=Money(70, EUR), once=once)
        if told:
            record_refund(STAFF, refund=begun.id, outcome=told)
    said = Disputed(proof="d", of="nobody", amount=Money(123, EUR), fee=15, state="open")
    record_dispute(STAFF, gateway="bank_transfer", said=said)
    return buyer


def out(brand: BrandId = VPS6) -> set[tuple[str, UUID | None, int, str]]:
    return {
        (d.what, d.about, d.amount.minor, d.amount.currency.code)
        for d in reconciling.check_brand(brand)
        if d.amount
    }


def test_what_billing_books_reconciles(db) -> None:
    assert reconciling.check_brand(VPS6) == ()
    played()
    assert Payment.objects.count() == 6 and Dispute.objects.count() == 1
    assert reconciling.check_brand(VPS6) == ()
    assert reconciling.check_book() == ()


def test_it_reconciles_in_any_number_of_chunks(db, monkeypatch: pytest.MonkeyPatch) -> None:
    buyers = [played()]
    monkeypatch.setattr(reconciling, "CHUNK", 1)
    assert reconciling.check_brand(VPS6) == ()
    lost(buyers[0])
    assert out() == {("receivable", buyers[0].account, 40, "EUR")}


def lost(buyer: Buyer) -> None:
    """An allocation that the ledger knows nothing of: less is open than it says."""
    invoice = Invoice.objects.get(id=unpaid_of(buyer.account)[0].id)
    CreditEntry.objects.create(
        once=uuid4().hex, brand="vps6", account=buyer.account, kind="gift", minor=40, currency="EUR", at=NOON
    )
    CreditEntry.objects.create(
        once=uuid4().hex,
        brand="vps6",
        account=buyer.account,
        kind="taken",
        minor=-40,
        currency="EUR",
        at=NOON,
    )
    Allocation.objects.create(source="credit", invoice=invoice, minor=40, at=NOON)


def unbooked_payment(buyer: Buyer) -> None:
    Payment.objects.create(
        brand="vps6",
        gateway="testpay",
        proof="x",
        minor=40,
        currency="EUR",
        account=buyer.account,
        received_at=NOON,
    )


def unbooked_unmatched(_: Buyer) -> None:
    Payment.objects.create(
        brand="vps6", gateway="testpay", proof="x", minor=40, currency="EUR", received_at=NOON
    )


def unbooked_refund(buyer: Buyer) -> None:
    Refund.objects.create(
        once="r", brand="vps6", account=buyer.account, payment=Payment.objects.get(proof="nobody"),
        gateway="bank_transfer", minor=40, currency="EUR", state="settled", created_at=NOON,
    )  # fmt: skip


def refund_under_way(buyer: Buyer) -> None:
    unbooked_refund(buyer)
    Refund.objects.filter(once="r").update(state="unknown")


def unbooked_gift(buyer: Buyer) -> None:
    CreditEntry.objects.create(
        once="x", brand="vps6", account=buyer.account, kind="gift", minor=40, currency="EUR", at=NOON
    )


def dispute_lost(_: Buyer) -> None:
    Dispute.objects.update(state="lost")


def booked_only(buyer: Buyer) -> None:
    stray(buyer, 40)


def stray(buyer: Buyer, minor: int) -> None:
    legs = [Leg(f"receivable:{buyer.account}", Money(minor, EUR)), Leg("sales:vps6", Money(-minor, EUR))]
    book.post(make_act(), key=uuid4().hex, about=Ref("x.y", uuid4()), postings=legs)


def booked_for_nobody(_: Buyer) -> None:
    legs = [Leg(f"credit:{UUID(int=5)}", Money(-40, EUR)), Leg("tax:vps6", Money(40, EUR))]
    book.post(make_act(), key="stray", about=Ref("x.y", uuid4()), postings=legs)


BANK, TESTPAY = handle_of("bank_transfer"), handle_of("testpay")


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (lost, {("receivable", "account", 40)}),
        (unbooked_payment, {("gateway", TESTPAY, -40), ("credit", "account", 40)}),
        (unbooked_unmatched, {("gateway", TESTPAY, -40), ("unmatched", None, 40)}),
        (unbooked_refund, {("gateway", BANK, 40)}),
        (refund_under_way, {("refunding", None, 40)}),
        (unbooked_gift, {("gifts", None, -40), ("credit", "account", 40)}),
        (dispute_lost, {("disputed", None, 123), ("chargebacks", None, -123)}),
        (booked_only, {("receivable", "account", 40), ("sales", None, -40)}),
        (booked_for_nobody, {("credit", UUID(int=5), -40), ("tax", None, 40)}),
    ],
)
def test_each_deviation_is_found_and_named(db, harm: Callable[[Buyer], None], found: set) -> None:
    buyer = played()
    harm(buyer)
    named = {
        (what, buyer.account if about == "account" else about, minor, "EUR") for what, about, minor in found
    }
    assert out() == named
    assert out(BrandId("vpsfast")) == set()


def alarms(since: int) -> list[str]:
    return rung(since)


def test_a_finding_stands_once_rings_once_and_is_settled_when_gone(db) -> None:
    buyer = played()
    before = newest_id()
    act = make_act("system", "billing")
    stray(buyer, 40)
    for _ in range(3):
        reconciling.reconcile(act)
    findings = {(f.what, f.about, f.minor, f.settled_at) for f in Finding.objects.all()}
    assert findings == {("sales", None, -40, None), ("receivable", buyer.account, 40, None)}
    assert alarms(before) == ["books_out", "books_out"]

    stray(buyer, 20)
    reconciling.reconcile(act)
    assert {f.minor for f in Finding.objects.all()} == {-60, 60}
    assert len(alarms(before)) == 2

    stray(buyer, -60)
    reconciling.reconcile(make_act("system", "billing", at=NOON + timedelta(days=1)))
    assert {f.settled_at for f in Finding.objects.all()} == {NOON + timedelta(days=1)}

    stray(buyer, 40)
    reconciling.reconcile(act)
    assert Finding.objects.filter(settled_at=None).count() == 2
    assert len(alarms(before)) == 4


def test_a_whole_table_out_of_step_rings_a_few_times(db) -> None:
    before = newest_id()
    for _ in range(30):
        unbooked_gift_of(uuid4())
    assert len(reconciling.reconcile(make_act("system", "billing"))) == 31
    assert Finding.objects.count() == 31 and len(alarms(before)) == MOST_ALARMS


def test_a_worker_that_dies_behind_a_finding_has_rung_and_one_before_has_not_found(committed: str) -> None:
    before = newest_id()
    found = [Deviation("sales", None, Money(40, EUR))]
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record_findings(make_act("system", "billing"), found=found, checked=["sales"])
        raise ZeroDivisionError
    assert (Finding.objects.count(), raised_after(before)) == (0, ())
    # Its last deed: whatever would come after it in this process comes no more.
    record_findings(make_act("system", "billing"), found=found, checked=["sales"])
    record_findings(make_act("system", "billing"), found=found, checked=["sales"])
    assert [raised.kind for raised in raised_after(before)] == ["books_out"]


def unbooked_gift_of(account: UUID) -> None:
    CreditEntry.objects.create(
        once=uuid4().hex, brand="vps6", account=account, kind="gift", minor=40, currency="EUR", at=NOON
    )


def test_what_happens_meanwhile_is_in_both_sides_or_in_none(
    committed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First without the one moment, where the same deed in between is taken for a fault."""

    def elsewhere() -> None:
        try:
            transferred(40)
        finally:
            connection.close()

    monkeypatch.setattr(reconciling, "billing", Between(reconciling.billing, elsewhere))
    monkeypatch.setattr(reconciling, "one_moment", nullcontext)
    assert out() == {("gateway", BANK, 40, "EUR"), ("unmatched", None, -40, "EUR")}
    monkeypatch.undo()

    monkeypatch.setattr(reconciling, "billing", Between(reconciling.billing, elsewhere))
    assert out() == set()
    assert Payment.objects.count() == 2


class Between:
    """Billing's sums, with a deed of somebody else after they were read."""

    def __init__(self, sums, deed: Callable[[], None]) -> None:
        self.sums, self.deed = sums, deed

    def __getattr__(self, name: str):
        return getattr(self.sums, name)

    def of_brand(self, brand: BrandId):
        told = self.sums.of_brand(brand)
        with ThreadPoolExecutor(1) as hand:
            hand.submit(self.deed).result()
        return told


def test_nothing_is_checked_inside_somebodys_transaction(committed) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        reconciling.check_brand(VPS6)


def test_the_book_itself_is_checked_with_the_operators_findings(db, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = uuid4()
    faults = (checking.Fault("legs", entry), checking.Fault("snapshot", account="sales:vps6"))
    monkeypatch.setattr(checking, "faults", lambda: faults)
    reconciling.reconcile(make_act("system", "billing", brand=OPERATOR))
    stand = {(f.brand, f.what, f.about) for f in Finding.objects.all()}
    assert stand == {("", "entry", entry), ("", "snapshot", handle_of("sales:vps6"))}
    monkeypatch.undo()
    assert reconciling.reconcile(make_act("system", "billing", brand=OPERATOR)) == ()
    assert not Finding.objects.filter(settled_at=None).exists()


def test_each_brand_is_checked_once_a_day_in_its_own_night(db, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[datetime, str]] = []

    def send(errand: str, about: str) -> bool:
        assert errand == reconciling.ERRAND
        sent.append((now, about))
        reconciling.run(make_act("system", brand=OPERATOR, at=now), about)
        return True

    monkeypatch.setattr(reconciling, "send", send)
    now = NOON + timedelta(hours=1)
    for _ in range(48 * 2):
        reconciling.send_due(make_act("system", brand=OPERATOR, at=now))
        now += timedelta(minutes=30)
    zones = {row.id: ZoneInfo(row.zone) for row in reconciling.all_brands()} | {"book": ZoneInfo("UTC")}
    assert len({zone.key for zone in zones.values()}) > 1
    for name, zone in zones.items():
        when = [at.astimezone(zone) for at, about in sent if about == name]
        assert len(when) == 3  # at once, for it was never done, and then each night
        assert [(at.hour, at.minute) for at in when[1:]] == [(4, 0)] * 2


def test_the_command_says_what_is_out_and_fails(db, monkeypatch, capsys) -> None:
    monkeypatch.setattr(ledgering, "ready_and_checked", lambda: None)
    asked = argparse.Namespace()
    buyer = played()
    assert ledgering.check(asked) == 0
    assert "vps6: adds up" in capsys.readouterr().out
    unbooked_gift(buyer)
    assert ledgering.check(asked) == 1
    said = capsys.readouterr().out
    assert f"credit {buyer.account}: 40 EUR" in said and "vpsfast: adds up" in said


def test_the_job_runner_knows_the_errand() -> None:
    assert jobs._errands[reconciling.ERRAND] is reconciling.run
    assert jobs._due["reconciling"] is reconciling.send_due
