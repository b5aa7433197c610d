"""A proforma asks for money; once the account's credit covers it there is one invoice, numbered and paid."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import DatabaseError, connections

from hostkeep.billing import booking
from hostkeep.billing.actions.by_hand import Taken, record_by_hand
from hostkeep.billing.actions.paying import begin_payment, record_outcome
from hostkeep.billing.actions.proforma import fulfil_proforma, issue_proforma
from hostkeep.billing.actions.receiving import match_payment, record_transfer
from hostkeep.billing.transfers import Transfer
from hostkeep.billing.errors.documents import AlreadyPaid, NoSuchInvoice, NotCorrectable
from hostkeep.billing.models import Allocation, Invoice, Series
from hostkeep.billing.queries.corrections import invoice_after
from hostkeep.billing.queries.invoices import sheet, unpaid_count
from hostkeep.billing.rules.party import BilledTo, Party, to_json
from hostkeep.drivers.payments import Settled
from hostkeep.kernel.ids import InvoiceId, PaymentId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book, statements
from hostkeep.runtime.models import Event
from hostkeep.vault.door import reveal
from tests.conftest import NOON
from tests.lockless import unlocked
from tests.meeting import Together
from tests.rooms.billing.making import WEEK, Buyer, billing_act, line
from tests.rooms.billing.test_issuing import constraints_hold
from tests.told import told


def asks(buyer: Buyer, *lines, once: str = "", party: Party | None = None):
    return issue_proforma(
        billing_act(buyer.brand), to=BilledTo(buyer.account, buyer.subject, to_json(party) if party else ""),
        lines=lines or [line(1000, rate=0)], due_in=WEEK, once=once or uuid4().hex,
    )  # fmt: skip


def begun(buyer: Buyer, proforma: InvoiceId):
    return begin_payment(buyer.act(), of=buyer.account, invoice=proforma, gateway="testpay")


def comes(buyer: Buyer, proforma: InvoiceId, amount: int, proof: str, currency=EUR):
    reference = sheet(proforma, of=buyer.account).reference
    transfer = Transfer("bank_transfer", proof, Money(amount, currency), NOON.date(), frozenset({reference}))
    return record_transfer(billing_act(buyer.brand), transfer=transfer).booked


def credit_of(buyer: Buyer) -> int:
    return -book.balance(f"credit:{buyer.account}", EUR).minor


def paid_events() -> list[str]:
    return [body["invoice"] for body in Event.objects.filter(kind="InvoicePaid").values_list("body", flat=True)]


@pytest.fixture
def buyer(db) -> Buyer:
    return Buyer()


def test_it_is_in_no_book_and_takes_no_invoices_number(buyer: Buyer) -> None:
    asked = asks(buyer)
    constraints_hold()
    assert asked.number == "V6-2026-P000001"
    assert statements.totals() == tuple(each.times(0) for each in statements.totals())
    assert statements.statement(f"receivable:{buyer.account}") == ()
    assert list(Series.objects.values_list("kind", flat=True)) == ["proforma"]
    assert (unpaid_count(buyer.account), begun(buyer, asked.id).amount) == (1, Money(1000, EUR))


def test_paid_it_becomes_an_invoice_with_the_same_content(buyer: Buyer) -> None:
    asked = asks(buyer, line(1990), line(5, rate=0), party=Party("V6-1", name="Ann Frozen"))
    one = begun(buyer, asked.id)

    result = record_outcome(billing_act(), attempt=one.attempt, outcome=Settled("p-1", one.amount))

    constraints_hold()
    made = invoice_after(asked.id)
    assert made is not None
    proforma, invoice = sheet(asked.id, of=buyer.account), sheet(made, of=buyer.account)
    assert (invoice.number, invoice.kind, invoice.corrects) == ("V6-2026-000001", "invoice", asked.id)
    assert told(invoice).lines == told(proforma).lines
    assert (invoice.rates, invoice.gross) == (proforma.rates, proforma.gross)
    assert (invoice.is_paid, proforma.is_paid, proforma.fulfilled) == (True, True, True)
    assert [(p.gateway, p.amount) for p in invoice.payments] == [("testpay", invoice.gross)]
    assert result.booked is not None
    assert (result.booked.paid, result.booked.credit.minor) == (True, 0)
    assert paid_events() == [str(asked.id)], "services know what was asked, and are built once"
    sealed = reveal(buyer.act(), subject=buyer.subject, category="invoice_party", slot=str(made))
    assert sealed is not None
    assert "Ann Frozen" in sealed.open()
    assert (credit_of(buyer), book.balance(f"receivable:{buyer.account}", EUR).minor) == (0, 0)
    assert book.balance("sales:vps6", EUR).minor == -1995
    assert unpaid_count(buyer.account) == 0
    with pytest.raises(AlreadyPaid):
        begun(buyer, asked.id)


def test_too_little_is_credit_until_the_rest_comes(buyer: Buyer) -> None:
    asked = asks(buyer)
    first = comes(buyer, asked.id, 400, "b-1")
    assert (first.paid, first.credit.minor, credit_of(buyer)) == (False, 400, 400)
    assert invoice_after(asked.id) is None
    assert begun(buyer, asked.id).amount == Money(600, EUR)
    second = comes(buyer, asked.id, 700, "b-2")
    constraints_hold()
    made = invoice_after(asked.id)
    assert made is not None
    assert (second.paid, credit_of(buyer)) == (True, 100)
    assert [(p.gateway, p.amount.minor) for p in sheet(made, of=buyer.account).payments] == [
        ("bank_transfer", 700), ("credit", 300),
    ]  # fmt: skip
    third = comes(buyer, asked.id, 50, "b-3")
    assert (third.paid, credit_of(buyer)) == (False, 150)
    assert paid_events() == [str(asked.id)]


def test_another_currency_pays_nothing_of_it(buyer: Buyer) -> None:
    asked = asks(buyer)
    assert not comes(buyer, asked.id, 5000, "b-1", USD).paid
    assert invoice_after(asked.id) is None
    assert book.balance(f"credit:{buyer.account}", USD) == Money(-5000, USD)


def test_the_same_transfer_twice_counts_once(buyer: Buyer) -> None:
    asked = asks(buyer)
    comes(buyer, asked.id, 600, "b-1")
    assert comes(buyer, asked.id, 600, "b-1").again
    assert (credit_of(buyer), invoice_after(asked.id)) == (600, None)


def test_credit_that_is_there_covers_it_at_issue(buyer: Buyer) -> None:
    comes(buyer, asks(buyer, line(5000, rate=0)).id, 4000, "b-1")
    second = asks(buyer, once="again")
    assert invoice_after(second.id) is not None
    assert credit_of(buyer) == 3000
    assert asks(buyer, once="other").again is False
    assert credit_of(buyer) == 2000


def test_over_nothing_it_is_an_invoice_at_once(buyer: Buyer) -> None:
    asked = asks(buyer, line(1000), line(-1000))
    constraints_hold()
    assert sheet(asked.id, of=buyer.account).fulfilled
    assert paid_events() == [str(asked.id)]


def test_staff_match_money_to_it(buyer: Buyer) -> None:
    asked = asks(buyer)
    transfer = Transfer("bank_transfer", "b-9", Money(1000, EUR), NOON.date(), frozenset())
    waiting = record_transfer(billing_act(), transfer=transfer).booked.payment
    match_payment(billing_act(), payment=PaymentId(waiting), invoice=asked.id)
    constraints_hold()
    assert invoice_after(asked.id) is not None
    assert Allocation.objects.get().payment_id == waiting


def test_fulfilled_by_hand_once_and_by_its_brand_alone(buyer: Buyer) -> None:
    asked = asks(buyer)
    with pytest.raises(NoSuchInvoice):
        fulfil_proforma(billing_act("vpsfast"), proforma=asked.id)
    assert fulfil_proforma(billing_act(), proforma=asked.id).invoice is None
    comes(buyer, asked.id, 1000, "b-1")
    again = fulfil_proforma(billing_act(), proforma=asked.id)
    assert (again.again, again.invoice) == (True, invoice_after(asked.id))
    with pytest.raises(NoSuchInvoice):
        fulfil_proforma(billing_act(), proforma=InvoiceId(buyer.owes().id))


def test_no_note_corrects_a_proforma(buyer: Buyer) -> None:
    from hostkeep.billing.actions.correcting import credit_whole

    with pytest.raises(NotCorrectable):
        credit_whole(billing_act(), invoice=asks(buyer).id, reason="cancelled", once="x")


HANDS = 6


def race() -> tuple[int, int, int, int]:
    """Twelve parts of a hundred come at once for a thousand; return what then stands, and what broke."""
    buyer = Buyer()
    asked, tag = asks(buyer), uuid4().hex

    def come(n: int) -> int:
        try:
            given = Taken(Money(100, EUR), "cash", NOON.date(), f"{tag}-{n}")
            record_by_hand(billing_act(buyer.brand), invoice=asked.id, taken=given)
        except DatabaseError:
            return 1
        finally:
            connections.close_all()
        return 0

    with ThreadPoolExecutor(HANDS) as hands:
        broken = sum(hands.map(come, range(2 * HANDS)))
    made = Invoice.objects.filter(corrects=asked.id).count()
    return made, credit_of(buyer), paid_events().count(str(asked.id)), broken


def test_parts_that_come_at_once_make_one_invoice(committed, monkeypatch) -> None:
    with unlocked(), monkeypatch.context() as patch:
        patch.setattr(booking, "invoice_for", Together(HANDS).after(booking.invoice_for))
        assert race() != (1, 200, 1, 0), "the race was won without the lock"
    for _ in range(3):
        assert race() == (1, 200, 1, 0)
    assert all(total.minor == 0 for total in statements.totals())


def test_one_credit_is_not_spent_on_two(committed) -> None:
    buyer = Buyer()
    asked = [asks(buyer).id for _ in range(8)]
    comes(buyer, asks(buyer, line(9000, rate=0)).id, 3000, "b-1")

    def make(n: int) -> bool:
        try:
            return fulfil_proforma(billing_act(), proforma=asked[n]).invoice is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as hands:
        made = sum(hands.map(make, range(8)))
    assert (made, credit_of(buyer)) == (3, 0)
