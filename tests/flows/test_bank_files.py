"""Bank files whose rows cannot all be booked as they stand: none is lost, and none stops the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.audit.reading import newest_id
from hostkeep.billing.actions.proforma import issue_proforma
from hostkeep.billing.actions.receiving import record_transfer
from hostkeep.billing.calls import gateways
from hostkeep.billing.errors.payments import BadBankFile
from hostkeep.billing.models import Payment
from hostkeep.billing.queries.credit import credit_of
from hostkeep.billing.queries.invoices import sheet
from hostkeep.billing.rules.party import BilledTo
from hostkeep.flows.bank_files import import_bank_file
from hostkeep.kernel.money import EUR, Money
from hostkeep.ledger import book
from hostkeep.runtime import clock
from hostkeep.runtime.models import Event
from hostkeep.runtime.stores import all_stores
from hostkeep.vault.erasing import erase
from hostkeep.vault.models import SubjectKey
from hostkeep.vault.wall import opened
from tests.conftest import make_act
from tests.drivers.bank_files import Entry, camt
from tests.rooms.billing.making import WEEK, Buyer, billing_act, line
from tests.rooms.billing.test_receiving import transfer
from tests.rung import rung


@pytest.fixture
def bank(db) -> Iterator[None]:
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"bank_transfer": BankTransfer()}.get(name))
    yield
    gateways._make[:] = before


def fates(body: bytes, brand: str = "vps6") -> list[tuple[str, str]]:
    return [(row.bank_id, row.fate) for row in import_bank_file(billing_act(brand, role="billing"), body=body).rows]


def test_an_id_that_the_bank_uses_again_is_shown_and_the_rest_is_booked(bank) -> None:
    assert fates(camt(Entry("10.00", ref="A-1"), Entry("11.00", ref="A-2"))) == [("A-1", "unmatched"), ("A-2", "unmatched")]
    again = camt(Entry("10.00", ref="A-1"), Entry("12.00", ref="A-2"), Entry("13.00", ref="A-3"), id_="STMT-2")
    assert fates(again) == [("A-1", "known"), ("A-2", "differs"), ("A-3", "unmatched")]
    assert sorted(Payment.objects.values_list("minor", flat=True)) == [1000, 1100, 1300]
    assert fates(again)[1] == ("A-2", "differs"), "it is said again, until a person has looked"


def test_the_number_of_another_brands_invoice_is_never_shown(bank) -> None:
    """Ids of a file that counts for itself meet another brand's."""
    head = "Date;Amount;Currency;ID\n"
    assert fates(f"{head}2026-03-02;24.08;EUR;1\n".encode(), "vpsfast") == [("1.20260302.2408", "unmatched")]
    assert fates(f"{head}2026-03-02;24.08;EUR;1\n".encode()) == [("1.20260302.2408", "unmatched")]
    assert Payment.objects.values("brand").distinct().count() == 2


def closed_proforma(buyer: Buyer) -> str:
    """A proforma whose buyer was erased since: no invoice can be sealed for it any more."""
    asked = issue_proforma(
        billing_act(), to=BilledTo(buyer.account, buyer.subject, ""), lines=[line(1000, rate=0)], due_in=WEEK,
        once=uuid4().hex,
    )  # fmt: skip
    with opened():
        classes = frozenset(SubjectKey.objects.filter(subject=buyer.subject).values_list("keep_class", flat=True))
    erase(make_act(), subject=buyer.subject, classes=classes, why="request")
    return sheet(asked.id, of=buyer.account).reference


def test_money_that_came_stays_where_its_invoice_cannot_be_made(bank) -> None:
    buyer = Buyer()
    reference = closed_proforma(buyer)

    receipt = record_transfer(billing_act(), transfer=transfer(reference, amount=Money(1000, EUR)))

    assert (receipt.booked.credit, receipt.booked.paid) == (Money(1000, EUR), False)
    assert credit_of(buyer.account, EUR) == Money(1000, EUR)
    assert book.balance("gateway:vps6:bank_transfer", EUR) == Money(1000, EUR)
    assert [e.kind for e in Event.objects.filter(kind__in=["PaymentReceived", "InvoicePaid"])] == ["PaymentReceived"]


@pytest.fixture
def broken(committed: str, pg) -> Iterator[None]:
    """A database that refuses to let 24.08 go on anything."""
    from tests import database

    database.point(committed, user="hk_owner", folder=pg.folder)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_allocation ADD CONSTRAINT broken CHECK (minor <> 2408)")
    database.point(committed, user="hk_app", folder=pg.folder)
    before = list(gateways._make)
    gateways.carry_with(lambda name, _: {"bank_transfer": BankTransfer()}.get(name))
    yield
    gateways._make[:] = before


def test_one_row_that_breaks_does_not_stop_the_file(broken) -> None:
    buyer = Buyer()
    reference = sheet(buyer.owes().id, of=buyer.account).reference
    body = camt(Entry("24.08", words=reference, ref="B-1"), Entry("3.00", ref="B-2"))
    assert fates(body) == [("B-1", "unmatched"), ("B-2", "unmatched")]
    assert book.balance("unmatched:vps6", EUR) == Money(-2708, EUR)
    assert fates(body) == [("B-1", "known"), ("B-2", "known")]


def test_what_the_bank_takes_back_is_shown_and_rings_once(bank) -> None:
    before = newest_id()
    body = camt(
        Entry("24.08", ref="C-1"), Entry("24.08", ref="C-2", side="DBIT", reversal=True),
        Entry("5.00", ref="C-3", side="DBIT"), Entry("5.00", ref="C-4", side="DBIT", reversal=True, status="PDNG"),
        Entry("5.00", ref="C-5", reversal=True),
    )  # fmt: skip
    assert fates(body) == [("C-1", "unmatched"), ("C-2", "taken_back")]
    again = import_bank_file(billing_act(role="billing"), body=body)
    assert (again.came, again.left_out) == (1, 3)
    assert rung(before) == ["money_went_back"]
    assert book.balance("gateway:vps6:bank_transfer", EUR) == Money(2408, EUR)


def test_a_file_without_an_account_is_not_read_for_a_brand_that_its_payers_did_not_pay(bank) -> None:
    buyer = Buyer()
    reference = sheet(buyer.owes().id, of=buyer.account).reference
    rows = f"Date;Amount;Currency;Description\n2026-03-02;24.08;EUR;{reference}\n2026-03-02;3.00;EUR;no idea\n".encode()
    with pytest.raises(BadBankFile) as refusal:
        import_bank_file(billing_act("vpsfast", role="billing"), body=rows)
    assert refusal.value.facts == {"why": "account"} and not Payment.objects.exists()
    assert [fate for _, fate in fates(rows)] == ["paid", "unmatched"]
    nameless = b"Date;Amount;Currency;Description\n2026-03-03;4.00;EUR;no idea\n"
    assert [fate for _, fate in fates(nameless, "vpsfast")] == ["unmatched"]


def test_a_row_from_before_the_years_of_payments_is_not_booked_again(bank) -> None:
    """Its id was taken off, so nobody knows that it was booked before."""
    body = camt(Entry("10.00", ref="A-1"))
    assert fates(body) == [("A-1", "unmatched")]
    clock.advance(timedelta(days=9 * 365))
    later = billing_act(role="billing", at=clock.now())
    (store,) = [each for each in all_stores() if each.name == "billing.references"]
    assert store.erase(later, 100) == 2, "the payment's, and the list of ids it is known by"
    again = import_bank_file(later, body=body)
    assert [(row.bank_id, row.fate) for row in again.rows] == [("A-1", "old")]
    assert (again.old, again.came, Payment.objects.count()) == (1, 1, 1)
    assert book.balance("unmatched:vps6", EUR) == Money(-1000, EUR)


@pytest.mark.parametrize("day", ["9999-12-31", "2026-03-30", "2027-03-01"])
def test_a_file_with_a_booking_that_is_far_to_come_is_refused_and_nothing_is_booked(bank, day: str) -> None:
    body = camt(Entry("10.00", ref="A-1"), Entry("11.00", ref="A-2", day=day))
    with pytest.raises(BadBankFile) as refused:
        import_bank_file(billing_act(role="billing"), body=body)
    assert refused.value.facts["why"] == "future"
    assert not Payment.objects.exists()


def test_a_weekends_money_that_the_bank_books_on_monday_is_taken(bank) -> None:
    assert [fate for _, fate in fates(camt(Entry("10.00", ref="A-1", day="2026-03-04")))] == ["unmatched"]
