"""Money that a second file may know by another id alone is booked once, and a person says whether it came twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections

from hostkeep.audit.enter import APART
from hostkeep.billing import bank_ids
from hostkeep.billing.actions.doubting import book_second, call_same
from hostkeep.billing.errors.payments import DoubtDecided, NoSuchPayment
from hostkeep.billing.models import BankId, Doubt, Payment
from hostkeep.billing.queries.doubts import doubts
from hostkeep.billing.queries.invoices import sheet
from hostkeep.kernel.money import EUR
from hostkeep.ledger import book
from hostkeep.runtime import clock
from hostkeep.runtime.stores import all_stores
from tests.conftest import make_act
from tests.drivers.bank_files import VPS6_IBAN, Entry, camt
from tests.flows.test_bank_files import bank, fates
from tests.rooms.billing.making import Buyer, billing_act

__all__ = ["bank"]

UMSATZ = "2026-03-02-09.25.19.222641"
STATEMENT = camt(Entry("24.08", ref="A-1"), id_="D1")
REPORT = camt(Entry("24.08", ref="NONREF", umsatz=UMSATZ), report=True, id_="R1")
SPREADSHEET = f"Date;Amount;Currency;ID;IBAN\n2026-03-02;24.08;EUR;998877665544;{VPS6_IBAN}\n".encode()


def booked() -> list[int]:
    """What is booked; the bank's account holds just that."""
    found = sorted(Payment.objects.values_list("minor", flat=True))
    assert book.balance("gateway:vps6:bank_transfer", EUR).minor == sum(found)
    return found


def fate(body: bytes) -> list[str]:
    return [said for _, said in fates(body)]


@pytest.mark.parametrize("second", [REPORT, SPREADSHEET], ids=["report", "csv"])
@pytest.mark.parametrize("swapped", [False, True])
def test_what_another_file_knows_by_another_id_alone_is_booked_once_and_waits(bank, second: bytes, swapped: bool) -> None:
    first, then = (second, STATEMENT) if swapped else (STATEMENT, second)
    assert fate(first) == ["unmatched"]
    assert fate(then) == ["doubted"]
    assert fate(then) == ["doubted"], "until a person has looked"
    assert booked() == [2408]
    (row,) = doubts()
    assert (row.payment, row.amount.minor) == (Payment.objects.get().id, 2408)


@pytest.mark.parametrize("times", [1, 2])
def test_once_it_was_said_to_have_come_once_it_is_known_by_either_id(bank, times: int) -> None:
    fate(STATEMENT)
    fate(REPORT)
    (row,) = doubts()
    said = [call_same(billing_act(role="billing"), doubt=row.id).again for _ in range(times)]
    assert said == [False, True][:times]
    assert (doubts(), booked()) == ((), [2408])
    assert (fate(REPORT), fate(STATEMENT)) == (["known"], ["known"])
    with pytest.raises(DoubtDecided):
        book_second(billing_act(role="billing"), doubt=row.id)
    assert booked() == [2408]


def test_a_second_movement_is_booked_by_a_person_on_what_its_reference_names(bank) -> None:
    buyer = Buyer()
    one, other = sheet(buyer.owes().id, of=buyer.account), sheet(buyer.owes().id, of=buyer.account)
    fate(camt(Entry("24.08", ref="A-1"), id_="D1"))
    file = camt(Entry("24.08", structured=other.reference, ref="NONREF", umsatz=UMSATZ), report=True)
    assert fate(file) == ["doubted"]
    (row,) = doubts()
    assert row.reference == other.reference
    decided = book_second(billing_act(role="billing"), doubt=row.id)
    assert (decided.number, decided.again) == (other.number, False)
    assert book_second(billing_act(role="billing"), doubt=row.id).again
    assert booked() == [2408, 2408]
    assert (sheet(other.id, of=buyer.account).is_paid, sheet(one.id, of=buyer.account).is_paid) == (True, False)
    assert (fate(file), doubts()) == (["known"], ())
    with pytest.raises(DoubtDecided):
        call_same(billing_act(role="billing"), doubt=row.id)


def test_every_id_that_a_file_tells_is_kept_so_that_nothing_is_in_doubt(bank) -> None:
    """Of a movement its best id alone was kept: a report that knew it by the other was booked a second time."""
    fate(camt(Entry("24.08", ref="A-1", umsatz=UMSATZ, tx="T-1"), id_="D1"))
    assert fate(REPORT) == ["known"]
    assert fate(camt(Entry("24.08", ref="NONREF", tx="T-1", uetr="U-1"), report=True)) == ["known"]
    assert fate(camt(Entry("24.08", ref="NONREF", uetr="U-1"), report=True)) == ["known"], "and what a later file adds"
    assert booked() == [2408]


def test_a_file_that_tells_both_ids_ends_the_doubt(bank) -> None:
    fate(STATEMENT)
    fate(REPORT)
    assert fate(camt(Entry("24.08", ref="A-1", umsatz=UMSATZ), id_="M")) == ["known"]
    assert (doubts(), booked()) == ((), [2408])
    assert fate(REPORT) == ["known"]


def test_what_a_person_says_while_such_a_file_is_read_stays(bank, monkeypatch) -> None:
    fate(STATEMENT)
    fate(REPORT)
    [row] = doubts()
    real, said = bank_ids.doubt_known_as, []

    def looks(move):
        found = real(move)
        if not said:
            said.append(book_second(billing_act(role="billing"), doubt=row.id))
        return found

    monkeypatch.setattr(bank_ids, "doubt_known_as", looks)
    fate(camt(Entry("24.08", ref="A-1", umsatz=UMSATZ), id_="D2"))
    assert said and Doubt.objects.get(id=row.id).state == "second"
    assert booked() == [2408, 2408]


def test_what_is_surely_another_movement_is_booked_as_ever(bank) -> None:
    """Two ids of one kind; another day or amount; two in one file; payers who wrote other references."""
    buyer = Buyer()
    one, other = sheet(buyer.owes().id, of=buyer.account), sheet(buyer.owes().id, of=buyer.account)
    fate(camt(Entry("24.08", structured=one.reference, ref="A-1"), id_="D1"))
    assert fate(camt(Entry("24.08", ref="A-2"), id_="D2")) == ["unmatched"]
    assert fate(camt(Entry("24.09", ref="NONREF", umsatz="2026-1"), report=True)) == ["unmatched"]
    assert fate(camt(Entry("24.08", ref="NONREF", umsatz="2026-2", day="2026-03-03"), report=True)) == ["unmatched"]
    two = camt(Entry("10.00", ref="B-1"), Entry("10.00", ref="NONREF", umsatz="2026-3"), id_="D3")
    assert fate(two) == ["unmatched", "unmatched"]
    Payment.objects.exclude(reference=one.reference).filter(minor=2408, booked_on="2026-03-02").get()
    BankId.objects.filter(payment__reference="").delete()
    named = Entry("24.08", structured=other.reference, ref="NONREF", umsatz="2026-4")
    assert fate(camt(named, report=True)) == ["paid"]


def test_what_was_booked_before_ids_were_kept_is_no_reason_to_doubt(bank) -> None:
    fate(STATEMENT)
    BankId.objects.all().delete()
    assert fate(REPORT) == ["unmatched"]


def test_nobody_decides_for_another_brand(bank) -> None:
    fate(STATEMENT)
    fate(REPORT)
    (row,) = doubts()
    for deed in (call_same, book_second):
        with pytest.raises(NoSuchPayment):
            deed(make_act("billing", "billing", brand="vpn"), doubt=row.id)
    assert Doubt.objects.get().state == "waiting"


def test_the_ids_of_both_end_with_the_years_of_payments(bank) -> None:
    fate(STATEMENT)
    fate(REPORT)
    store = next(each for each in all_stores() if each.name == "billing.references")
    assert store.list_due(clock.now()) == 0
    clock.advance(timedelta(days=9 * 365))
    assert store.list_due(clock.now()) == 4
    assert store.erase(make_act(brand="", at=clock.now()), 100) == 4
    assert not BankId.objects.exclude(proof__startswith="gone:").exists()
    assert not Doubt.objects.exclude(proof__startswith="gone:").exists()


def test_files_that_have_no_id_of_a_movement_in_common_wait_for_each_other(bank) -> None:
    """While the statement is read, nobody reads the report: neither would see what the other books."""
    fate(STATEMENT)
    with connections[APART].cursor() as another:
        matter = "transfer:vps6:2026-03-02:2408:EUR"
        another.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [matter])
        assert another.fetchone() == (False,)
