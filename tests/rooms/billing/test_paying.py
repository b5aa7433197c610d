"""Money that a gateway tells of is written down once, as it came, in whatever order the news arrives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from hostkeep.billing.actions.paying import begin_payment, record_notice, record_outcome
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice
from hostkeep.billing.errors.payments import NoSuchPayment, WrongBrand
from hostkeep.billing.models import GatewayNotice, Payment, PaymentAttempt
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.payments import attempt, newest_attempt, payments
from hostkeep.drivers.payments import Declined, Notice, Settled, Unknown, Waiting
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book, statements
from hostkeep.runtime.models import Event
from tests.rooms.billing.making import Buyer, billing_act, line

OWED = Money(2408, EUR)


def kinds() -> list[str]:
    return sorted(Event.objects.exclude(kind="InvoiceIssued").values_list("kind", flat=True))


def begun(buyer: Buyer, invoice, gateway: str = "testpay"):
    return begin_payment(buyer.act(), of=buyer.account, invoice=invoice, gateway=gateway)


def told(attempt_id, outcome, brand: str = "vps6"):
    return record_outcome(billing_act(brand), attempt=attempt_id, outcome=outcome)


@pytest.fixture
def buyer(db) -> Buyer:
    return Buyer()


def test_paid_in_full(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    one = begun(buyer, invoice)
    assert (one.amount, one.state, one.number) == (OWED, "waiting", "V6-2026-000001")
    assert len(one.once) <= 64

    result = told(one.attempt, Settled("p-1", OWED))

    assert result.state == "settled"
    assert result.booked is not None
    assert result.booked.paid
    assert sheet(invoice, of=buyer.account).is_paid
    assert kinds() == ["InvoicePaid", "PaymentReceived"]
    assert book.balance(f"receivable:{buyer.account}", EUR) == Money(0, EUR)
    assert book.balance("gateway:vps6:testpay", EUR) == OWED
    assert all(total.minor == 0 for total in statements.totals())


def test_a_second_click_gets_the_same_attempt(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    assert begun(buyer, invoice) == begun(buyer, invoice)
    assert begun(buyer, invoice, "bank_transfer").attempt != begun(buyer, invoice).attempt
    assert PaymentAttempt.objects.count() == 2


def test_after_a_refusal_one_may_try_again(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    first = begun(buyer, invoice)
    assert told(first.attempt, Declined("cancelled")).state == "declined"
    second = begun(buyer, invoice)
    assert second.once != first.once
    told(second.attempt, Settled("p", OWED))
    with pytest.raises(AlreadyPaid):
        begun(buyer, invoice)


def test_an_unknown_outcome_keeps_the_attempt(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    first = begun(buyer, invoice)
    told(first.attempt, Unknown())
    again = begun(buyer, invoice)
    assert (again.once, again.state) == (first.once, "unknown")


def test_where_the_payer_goes_is_remembered(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    one = begun(buyer, invoice)
    told(one.attempt, Waiting("https://pay.example/x"))
    row = newest_attempt(invoice)
    assert row is not None
    assert (row.visit, row.state) == ("https://pay.example/x", "waiting")
    told(one.attempt, Unknown())
    assert attempt(one.attempt, of=buyer.account).visit == "https://pay.example/x"


def test_told_twice_it_counts_once(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    one = begun(buyer, invoice)
    told(one.attempt, Settled("p-1", OWED))
    again = told(one.attempt, Settled("p-1", OWED))
    assert again.booked is not None
    assert again.booked.again
    assert Payment.objects.count() == 1
    assert kinds() == ["InvoicePaid", "PaymentReceived"]
    assert book.balance("gateway:vps6:testpay", EUR) == OWED


def test_news_out_of_order(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    one = begun(buyer, invoice)
    told(one.attempt, Declined("expired"))
    told(one.attempt, Settled("p-1", OWED))
    assert told(one.attempt, Declined("expired")).state == "settled"
    assert told(one.attempt, Waiting("https://x/")).state == "settled"
    assert sheet(invoice, of=buyer.account).is_paid


def test_less_than_asked_stays_open(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    one = begun(buyer, invoice)
    result = told(one.attempt, Settled("p-1", Money(1000, EUR)))
    assert result.booked is not None
    assert not result.booked.paid
    shown = sheet(invoice, of=buyer.account)
    assert (shown.paid, shown.owed) == (Money(1000, EUR), Money(1408, EUR))
    assert kinds() == ["PaymentReceived"]
    rest = begun(buyer, invoice)
    assert rest.amount == Money(1408, EUR)
    told(rest.attempt, Settled("p-2", rest.amount))
    assert kinds() == ["InvoicePaid", "PaymentReceived", "PaymentReceived"]
    assert len(sheet(invoice, of=buyer.account).payments) == 2


def test_more_than_asked_is_credit(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    result = told(begun(buyer, invoice).attempt, Settled("p-1", Money(3000, EUR)))
    assert result.booked is not None
    assert (result.booked.applied, result.booked.credit) == (OWED, Money(592, EUR))
    assert sheet(invoice, of=buyer.account).is_paid
    assert book.balance(f"credit:{buyer.account}", EUR) == Money(-592, EUR)
    [row] = payments()
    assert (row.applied, row.credit, row.number) == (OWED, Money(592, EUR), "V6-2026-000001")


def test_another_currency_never_pays_the_invoice(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    told(begun(buyer, invoice).attempt, Settled("p-1", Money(2408, USD)))
    assert not sheet(invoice, of=buyer.account).is_paid
    assert kinds() == ["PaymentReceived"]
    assert book.balance(f"credit:{buyer.account}", USD) == Money(-2408, USD)
    assert book.balance(f"receivable:{buyer.account}", EUR) == OWED


def test_two_ways_paid_at_once_is_credit_not_loss(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    one, two = begun(buyer, invoice), begun(buyer, invoice, "bank_transfer")
    told(one.attempt, Settled("p-1", OWED))
    told(two.attempt, Settled("p-2", OWED))
    assert kinds() == ["InvoicePaid", "PaymentReceived", "PaymentReceived"]
    assert book.balance(f"credit:{buyer.account}", EUR) == -OWED


def test_only_ones_own_invoices_and_attempts(buyer: Buyer) -> None:
    other = Buyer()
    invoice = buyer.owes().id
    with pytest.raises(NoSuchInvoice):
        begin_payment(other.act(), of=other.account, invoice=invoice, gateway="testpay")
    with pytest.raises(NoSuchInvoice):
        begin_payment(billing_act("vpn"), of=buyer.account, invoice=invoice, gateway="testpay")
    one = begun(buyer, invoice)
    with pytest.raises(NoSuchPayment):
        attempt(one.attempt, of=other.account)
    with pytest.raises(NoSuchPayment):
        told(one.attempt, Settled("p", OWED), brand="vpn")
    with pytest.raises(NoSuchPayment):
        told(uuid4(), Settled("p", OWED))
    assert not Payment.objects.exists()


def noticed(event: str, once: str, outcome, brand: str = "vps6"):
    return record_notice(billing_act(brand), gateway="testpay", notice=Notice(event, once, outcome))


def test_a_call_back_pays_and_is_kept_cut_down(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    one = begun(buyer, invoice)
    noticed("ev-1", one.once, Settled("p-1", OWED))
    assert sheet(invoice, of=buyer.account).is_paid
    [kept] = GatewayNotice.objects.all()
    assert (kept.event, kept.once, kept.outcome, kept.minor, kept.currency) == (
        "ev-1", one.once, "settled", 2408, "EUR",
    )  # fmt: skip


def test_a_call_back_twice_and_out_of_order(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    one = begun(buyer, invoice)
    for event in ("ev-2", "ev-2", "ev-3"):
        noticed(event, one.once, Settled("p-1", OWED))
    noticed("ev-1", one.once, Declined("cancelled"))
    assert sheet(invoice, of=buyer.account).is_paid
    assert Payment.objects.count() == 1
    assert GatewayNotice.objects.count() == 3
    assert kinds() == ["InvoicePaid", "PaymentReceived"]


def test_money_for_a_key_we_never_asked_under_waits_for_staff(buyer: Buyer) -> None:
    result = noticed("ev-1", "pay-nobody", Settled("p-9", Money(700, EUR)))
    assert result.attempt is None
    noticed("ev-1", "pay-nobody", Settled("p-9", Money(700, EUR)))
    [row] = payments()
    assert (row.matched, row.amount, row.proof, row.credit) == (False, Money(700, EUR), "p-9", Money(0, EUR))
    assert book.balance("unmatched:vps6", EUR) == Money(-700, EUR)
    assert kinds() == []


def test_a_refusal_for_a_key_we_never_asked_under_moves_nothing(buyer: Buyer) -> None:
    assert noticed("ev-1", "pay-nobody", Declined("expired")).booked is None
    assert not Payment.objects.exists()
    assert GatewayNotice.objects.get().outcome == "declined:expired"


def test_a_call_back_of_another_brand_changes_nothing(buyer: Buyer) -> None:
    invoice = buyer.owes().id
    one = begun(buyer, invoice)
    with pytest.raises(WrongBrand):
        noticed("ev-1", one.once, Settled("p-1", OWED), brand="vpn")
    assert not GatewayNotice.objects.exists()
    assert not Payment.objects.exists()
    noticed("ev-1", one.once, Settled("p-1", OWED))
    assert sheet(invoice, of=buyer.account).is_paid


def test_a_payment_is_written_once(buyer: Buyer) -> None:
    told(begun(buyer, buyer.owes().id).attempt, Settled("p-1", OWED))
    changes = ("UPDATE billing_payment SET minor = 1", "UPDATE billing_payment SET account = NULL",
               "DELETE FROM billing_payment", "UPDATE billing_allocation SET minor = 1",
               "DELETE FROM billing_allocation")  # fmt: skip
    for change in changes:
        with pytest.raises(DatabaseError, match="written once"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(change)


def test_ten_call_backs_at_once_are_one_payment(committed) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id
    one = begun(buyer, invoice)

    def call(number: int) -> None:
        try:
            noticed(f"ev-{number % 3}", one.once, Settled("p-1", OWED))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(call, range(10)))

    assert Payment.objects.count() == 1
    assert GatewayNotice.objects.count() == 3
    assert kinds() == ["InvoicePaid", "PaymentReceived"]
    assert book.balance("gateway:vps6:testpay", EUR) == OWED


def test_ten_payments_at_once_never_overpay_an_invoice(committed) -> None:
    buyer = Buyer()
    invoice = buyer.owes(line(1000, rate=0)).id
    attempts = [begun(buyer, invoice).attempt]

    def pay(number: int) -> None:
        try:
            told(attempts[0], Settled(f"p-{number}", Money(300, EUR)))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as payers:
        list(payers.map(pay, range(10)))

    assert sheet(invoice, of=buyer.account).paid == Money(1000, EUR)
    assert book.balance(f"credit:{buyer.account}", EUR) == Money(-2000, EUR)
    assert kinds().count("InvoicePaid") == 1


def test_ten_clicks_at_once_open_one_attempt(committed) -> None:
    buyer = Buyer()
    invoice = buyer.owes().id

    def click(_: int) -> str:
        try:
            return begun(buyer, invoice).once
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as clickers:
        assert len(set(clickers.map(click, range(10)))) == 1
