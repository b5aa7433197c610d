"""A proforma that is withdrawn asks for nothing more: what comes for it is credit, and no invoice follows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import sleep
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, connections, transaction

from hostkeep.billing import fulfilling
from hostkeep.billing.actions import withdrawing
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.proforma import fulfil_proforma
from hostkeep.billing.actions.receiving import match_payment, record_transfer
from hostkeep.billing.transfers import Transfer
from hostkeep.billing.actions.withdrawing import withdraw_proforma
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice, Withdrawn
from hostkeep.billing.models import Invoice, ProformaEnded
from hostkeep.billing.queries.corrections import invoice_after, open_proformas
from hostkeep.billing.queries.dunned import dunned
from hostkeep.billing.queries.invoices import invoices_of, sheet, unpaid_count
from hostkeep.billing.queries.unpaid import unpaid_of
from hostkeep.drivers.payments import Settled
from hostkeep.flows.crediting import on_payment_received
from hostkeep.billing.events import PaymentReceived
from hostkeep.kernel.ids import InvoiceId
from hostkeep.kernel.money import EUR, Money
from tests.conftest import NOON
from tests.meeting import PATIENCE, Together
from tests.rooms.billing.making import Buyer, billing_act, line
from tests.rooms.billing.test_issuing import constraints_hold
from tests.rooms.billing.test_proforma import asks, begun, comes, credit_of, paid_events, unlocked


@pytest.fixture
def buyer(db) -> Buyer:
    return Buyer()


def withdrawn(buyer: Buyer, amount: int = 1000) -> InvoiceId:
    asked = asks(buyer, line(amount, rate=0)).id
    assert withdraw_proforma(billing_act(), proforma=asked, reason="cancelled").invoice is None
    return asked


def test_it_is_owed_by_nobody_and_cannot_be_paid(buyer: Buyer) -> None:
    asked = withdrawn(buyer)
    shown = sheet(asked, of=buyer.account)
    assert (shown.owed.minor, shown.is_taken_back, shown.fulfilled) == (0, True, False)
    assert [(row.is_taken_back, row.owed.minor) for row in invoices_of(buyer.account).rows] == [(True, 0)]
    assert (unpaid_count(buyer.account), unpaid_of(buyer.account), open_proformas(buyer.account)) == (0, (), ())
    assert dunned(asked, at=NOON).owed.minor == 0
    with pytest.raises(Withdrawn):
        begun(buyer, asked)
    assert issubclass(Withdrawn, AlreadyPaid), "whoever asks for money does not ask here"


def test_credit_that_comes_later_makes_no_invoice_of_it(buyer: Buyer) -> None:
    withdrawn(buyer)
    other = comes(buyer, asks(buyer, line(9000, rate=0)).id, 3000, "b-1")
    on_payment_received(billing_act(), PaymentReceived(other.payment, buyer.account))
    assert credit_of(buyer) == 3000
    assert not Invoice.objects.filter(kind="invoice").exists()


def test_fulfilling_it_by_hand_makes_none_either(buyer: Buyer) -> None:
    asked = withdrawn(buyer)
    comes(buyer, asks(buyer, line(9000, rate=0)).id, 3000, "b-1")
    assert fulfil_proforma(billing_act(), proforma=asked).invoice is None
    assert invoice_after(asked) is None


def test_a_transfer_with_its_reference_is_plain_credit(buyer: Buyer) -> None:
    asked = withdrawn(buyer)
    booked = comes(buyer, asked, 1000, "b-1")
    constraints_hold()
    assert (booked.paid, booked.credit.minor, credit_of(buyer)) == (False, 1000, 1000)
    assert (invoice_after(asked), paid_events()) == (None, [])


def test_money_that_was_asked_for_before_is_plain_credit(buyer: Buyer) -> None:
    asked = asks(buyer).id
    one = begun(buyer, asked)
    withdraw_proforma(billing_act(), proforma=asked, reason="cancelled")
    record_outcome(billing_act(), attempt=one.attempt, outcome=Settled("p-1", one.amount))
    assert (credit_of(buyer), invoice_after(asked), paid_events()) == (1000, None, [])


def test_staff_who_match_money_to_it_give_credit(buyer: Buyer) -> None:
    asked = withdrawn(buyer)
    transfer = Transfer("bank_transfer", "b-9", Money(1000, EUR), NOON.date(), frozenset())
    waiting = record_transfer(billing_act(), transfer=transfer).booked.payment
    match_payment(billing_act(), payment=waiting, invoice=asked)
    assert (credit_of(buyer), invoice_after(asked)) == (1000, None)


def test_one_that_is_paid_stays_and_tells_its_invoice(buyer: Buyer) -> None:
    asked = asks(buyer).id
    comes(buyer, asked, 1000, "b-1")
    told = withdraw_proforma(billing_act(), proforma=asked, reason="cancelled")
    assert told.invoice == invoice_after(asked) is not None
    assert not ProformaEnded.objects.exists()


def test_twice_is_once_and_only_its_brand_withdraws_it(buyer: Buyer) -> None:
    asked = asks(buyer).id
    with pytest.raises(NoSuchInvoice):
        withdraw_proforma(billing_act("vpsfast"), proforma=asked, reason="cancelled")
    with pytest.raises(NoSuchInvoice):
        withdraw_proforma(billing_act(), proforma=InvoiceId(buyer.owes().id), reason="cancelled")
    for _ in range(2):
        withdraw_proforma(billing_act(), proforma=asked, reason="cancelled")
    assert ProformaEnded.objects.get().invoice_id == asked


def test_the_database_keeps_it_as_it_is(buyer: Buyer) -> None:
    withdrawn(buyer)
    for deed in ("UPDATE billing_proformaended SET reason = 'other'", "DELETE FROM billing_proformaended"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(deed)


def race(late: float, *, both_look: bool = False) -> tuple[bool, bool, int]:
    """Somebody pays while it is withdrawn.

    late       how much later it is withdrawn, in seconds
    both_look  whether each goes on only when both have looked: without the lock alone, else they wait in vain
    Returns whether it is withdrawn, whether its invoice stands, and what broke.
    """
    buyer = Buyer()
    asked, proof = asks(buyer).id, uuid4().hex
    ready = Barrier(2)

    def do(n: int) -> int:
        try:
            ready.wait(PATIENCE)
            if n:
                sleep(late)
                withdraw_proforma(billing_act(), proforma=asked, reason="cancelled")
            else:
                comes(buyer, asked, 1000, proof)
        except DatabaseError:
            return 1
        finally:
            connections.close_all()
        return 0

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as hands:
        if both_look:
            both = Together(2)
            patch.setattr(withdrawing, "invoice_for", both.after(withdrawing.invoice_for))
            patch.setattr(fulfilling, "rates_since", both.before(fulfilling.rates_since))  # it has looked by then
        broken = sum(hands.map(do, range(2)))
    return ProformaEnded.objects.filter(invoice=asked).exists(), invoice_after(asked) is not None, broken


def test_paid_and_withdrawn_at_once_it_is_one_of_both(committed) -> None:
    well = {(True, False, 0), (False, True, 0)}
    with unlocked():
        assert race(0, both_look=True) not in well, "the race was won without the lock"
    assert {race(n % 10 / 250) for n in range(20)} <= well
