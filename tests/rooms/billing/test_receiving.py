"""Transfers find their invoice by its reference; the rest waits for staff."""

from __future__ import annotations

from datetime import date

import pytest

from hostkeep.billing.actions.receiving import match_payment, record_bank_file, record_transfer
from hostkeep.billing.transfers import Transfer
from hostkeep.billing.errors.documents import NoSuchInvoice
from hostkeep.billing.errors.payments import AlreadyMatched, NoSuchPayment
from hostkeep.billing.models import Payment
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.queries.payments import bank_file_read, payment, payments, unmatched_count
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import BrandId, PaymentId
from hostkeep.kernel.money import EUR, USD, Money
from hostkeep.ledger import book
from hostkeep.runtime.models import Event
from tests.conftest import NOON
from tests.rooms.billing.making import Buyer, billing_act

OWED = Money(2408, EUR)
DAY = date(2026, 3, 2)


def transfer(*references: str, amount: Money = OWED, proof: str = "NL1/A1") -> Transfer:
    return Transfer("bank_transfer", proof, amount, DAY, frozenset(references))


def came(*references: str, amount: Money = OWED, proof: str = "NL1/A1", brand: str = "vps6"):
    act = billing_act(brand, role="billing")
    return record_transfer(act, transfer=transfer(*references, amount=amount, proof=proof))


@pytest.fixture
def buyer(db) -> Buyer:
    return Buyer()


def reference_of(buyer: Buyer, invoice) -> str:
    return sheet(invoice, of=buyer.account).reference


def test_a_reference_finds_its_invoice(buyer: Buyer) -> None:
    issued = buyer.owes()
    receipt = came(reference_of(buyer, issued.id), "RF18539007547034")
    assert receipt.number == issued.number
    assert receipt.booked.paid
    assert sheet(issued.id, of=buyer.account).is_paid
    [row] = payments(brand=BrandId("vps6"))
    assert (row.booked_on, row.gateway, row.proof) == (DAY, "bank_transfer", "NL1/A1")


def test_the_same_transfer_again_changes_nothing(buyer: Buyer) -> None:
    issued = buyer.owes()
    reference = reference_of(buyer, issued.id)
    came(reference)
    again = came(reference)
    assert (again.booked.again, again.number) == (True, issued.number)
    assert Payment.objects.count() == 1
    assert book.balance("gateway:vps6:bank_transfer", EUR) == OWED


def test_no_reference_an_unknown_one_and_two_wait_for_staff(buyer: Buyer) -> None:
    one, two = buyer.owes(), buyer.owes()
    both = (reference_of(buyer, one.id), reference_of(buyer, two.id))
    fates = [came(proof="p1"), came("RF18539007547034", proof="p2"), came(*both, proof="p3")]
    assert [fate.number for fate in fates] == ["", "", ""]
    assert unmatched_count() == 3
    assert book.balance("unmatched:vps6", EUR) == OWED.times(-3)
    said = {row.proof: row.reference for row in payments()}
    assert said == {"p1": "", "p2": "RF18539007547034", "p3": min(both)}


def test_a_reference_of_another_brand_is_unknown_here(buyer: Buyer) -> None:
    issued = buyer.owes()
    assert came(reference_of(buyer, issued.id), brand="vpsfast").number == ""
    assert not sheet(issued.id, of=buyer.account).is_paid


def test_over_under_and_after(buyer: Buyer) -> None:
    issued = buyer.owes()
    reference = reference_of(buyer, issued.id)
    assert not came(reference, amount=Money(1000, EUR), proof="p1").booked.paid
    over = came(reference, amount=Money(2000, EUR), proof="p2").booked
    assert (over.paid, over.applied, over.credit) == (True, Money(1408, EUR), Money(592, EUR))
    after = came(reference, amount=Money(5, EUR), proof="p3").booked
    assert (after.paid, after.applied, after.credit) == (False, Money(0, EUR), Money(5, EUR))
    foreign = came(reference, amount=Money(5, USD), proof="p4").booked
    assert foreign.credit == Money(5, USD)
    assert list(Event.objects.filter(kind="InvoicePaid").values_list("kind", flat=True)) == ["InvoicePaid"]
    assert book.balance(f"credit:{buyer.account}", EUR) == Money(-597, EUR)


def test_staff_say_whose_it_is(buyer: Buyer) -> None:
    issued = buyer.owes()
    waiting = came(amount=Money(3000, EUR)).booked.payment

    receipt = match_payment(billing_act(role="billing"), payment=waiting, invoice=issued.id)

    assert (receipt.number, receipt.booked.paid, receipt.booked.credit) == (issued.number, True, Money(592, EUR))
    assert book.balance("unmatched:vps6", EUR) == Money(0, EUR)
    assert book.balance(f"credit:{buyer.account}", EUR) == Money(-592, EUR)
    assert payment(waiting, brand=BrandId("vps6")).matched
    assert unmatched_count() == 0
    with pytest.raises(AlreadyMatched):
        match_payment(billing_act(role="billing"), payment=waiting, invoice=buyer.owes().id)


@pytest.mark.parametrize(
    ("brand", "refusal"), [("vpsfast", NoSuchInvoice), ("vps6", NoSuchPayment)]
)
def test_staff_cannot_match_across_brands(buyer: Buyer, brand: str, refusal: type[Foreseen]) -> None:
    issued = buyer.owes()
    waiting = came(brand="vpsfast", amount=Money(3000, USD)).booked.payment
    with pytest.raises(refusal):
        match_payment(billing_act(brand, role="billing"), payment=waiting, invoice=issued.id)
    with pytest.raises(NoSuchPayment):
        match_payment(billing_act(role="billing"), payment=PaymentId(issued.id), invoice=issued.id)
    assert unmatched_count() == 1


def test_a_file_is_remembered_by_its_digest(buyer: Buyer) -> None:
    digest = "a" * 64
    assert bank_file_read(BrandId("vps6"), digest) is None
    first = record_bank_file(billing_act(), digest=digest, entries=3)
    again = record_bank_file(billing_act(), digest=digest, entries=3)
    assert (first.again, again.again, again.id) == (False, True, first.id)
    assert bank_file_read(BrandId("vps6"), digest) == NOON
    assert bank_file_read(BrandId("vpsfast"), digest) is None
