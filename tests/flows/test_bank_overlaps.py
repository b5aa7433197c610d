"""The same money in a day's file, a month's and a report is booked once; two equal transfers of a day are two."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import connections

from hostkeep.audit.enter import APART
from hostkeep.billing.models import Payment
from hostkeep.kernel.money import EUR
from hostkeep.ledger import book
from tests.drivers.bank_files import VPS6_IBAN, Entry, camt
from tests.flows.test_bank_files import bank, fates

__all__ = ["bank"]

MONDAY, TUESDAY = "2026-03-02", "2026-03-03"
UMSATZ = "2026-03-02-09.25.19.222641"


def came(*bodies: bytes) -> list[int]:
    """Read files one after the other; the amounts that are booked."""
    for body in bodies:
        fates(body)
    found = sorted(Payment.objects.values_list("minor", flat=True))
    assert book.balance("unmatched:vps6", EUR).minor == -sum(found)
    return found


def day_and_month(monday: Sequence[Entry], tuesday: Sequence[Entry]) -> list[list[bytes]]:
    day, next_day = camt(*monday, id_="D1"), camt(*tuesday, id_="D2")
    month = camt(*tuesday, *monday, id_="M")  # the newest first, as some banks have it
    return [[day, next_day, month], [month, day, next_day], [day, month, next_day, month]]


@pytest.mark.parametrize("order", range(3))
@pytest.mark.parametrize(
    ("monday", "tuesday", "amounts"),
    [
        ([Entry("1.00", ref="A")], [Entry("2.00", ref="B", day=TUESDAY)], [100, 200]),
        ([Entry("1.00", ref="NONREF", umsatz=UMSATZ)], [Entry("1.00", ref="", tx="T", day=TUESDAY)], [100, 100]),
        ([Entry("1.00", ref=""), Entry("1.00", ref="")], [Entry("1.00", ref="", day=TUESDAY)], [100, 100, 100]),
        ([Entry("1.00", ref="X"), Entry("1.00", ref="X")], [Entry("2.00", ref="Y", day=TUESDAY)], [100, 100, 200]),
    ],
    ids=["ids", "fi-umsatz-id", "none", "repeated"],
)
def test_a_movement_in_two_files_is_booked_once(bank, monday, tuesday, amounts, order: int) -> None:
    assert came(*day_and_month(monday, tuesday)[order]) == amounts


@pytest.mark.parametrize("order", range(3))
def test_an_id_that_the_bank_gave_twice_is_never_booked_twice(bank, order: int) -> None:
    """Where only a day's file with the second comes, a person looks; the month's tells the two apart."""
    files = day_and_month([Entry("1.00", ref="X")], [Entry("2.00", ref="X", day=TUESDAY)])[order]
    assert came(*files) == [100, 200]


def test_a_report_and_the_days_statement_are_one(bank) -> None:
    entry = Entry("1.00", ref="NONREF", umsatz=UMSATZ)
    assert came(camt(entry, report=True, id_="camt052_ONLINEBA"), camt(entry, id_="D1"), camt(entry, report=True)) == [100]


@pytest.mark.parametrize("parts_first", [True, False])
def test_a_batch_told_whole_and_in_parts_is_one(bank, parts_first: bool) -> None:
    whole = camt(Entry("24.08", ref="B-1"), id_="D1")
    parts = camt(Entry("24.08", ref="B-1", batch=(("10.00", "one"), ("14.08", "two"))), id_="M")
    assert came(*([parts, whole] if parts_first else [whole, parts])) == ([1000, 1408] if parts_first else [2408])


def test_parts_of_which_one_is_lacking_are_not_the_whole(bank) -> None:
    """A reader that died between two parts, or ids that only look like parts of one: a person looks, nothing is lost unseen."""
    parts = camt(Entry("24.08", ref="B-1", batch=(("10.00", "one"), ("14.08", "two"))), id_="M")
    assert fates(camt(Entry("10.00", ref="B-1/1"))) == [("B-1/1", "unmatched")]
    assert fates(camt(Entry("24.08", ref="B-1"), id_="D1")) == [("B-1", "differs")]
    assert came(parts) == [1000, 1408]
    assert fates(camt(Entry("24.08", ref="B-1"), id_="D2")) == [("B-1", "known")]


def test_a_batch_is_not_another_entry_of_its_day_that_bears_its_id(bank) -> None:
    report = camt(Entry("1.00", ref="X"), report=True)
    day = camt(Entry("1.00", ref="X"), Entry("24.08", ref="X", batch=(("10.00", "one"), ("14.08", "two"))))
    assert came(report, day, day) == [100, 1000, 1408]


def test_a_better_id_of_the_statement_is_the_reports_other_one(bank) -> None:
    report = camt(Entry("1.00", ref="NONREF", umsatz=UMSATZ, tx="T"), report=True)
    assert came(report, camt(Entry("1.00", ref="A-1", umsatz=UMSATZ))) == [100]


def test_files_that_tell_a_movement_by_different_ids_wait_for_each_other(bank) -> None:
    """While the statement is read, nobody reads the report that knows the same money by the other id."""
    assert came(camt(Entry("1.00", ref="A-1", umsatz=UMSATZ))) == [100]
    with connections[APART].cursor() as another:
        for id_ in ("A-1", f"fi-{UMSATZ}"):
            matter = f"transfer:vps6:{VPS6_IBAN}/{id_}"
            another.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [matter])
            assert another.fetchone() == (False,)


def test_what_was_read_before_ids_were_looked_for_elsewhere_is_known(bank) -> None:
    """Until then an entry without AcctSvcrRef was known by its statement and place."""
    from datetime import date

    from hostkeep.billing.actions.receiving import record_transfer
    from hostkeep.billing.transfers import Transfer
    from hostkeep.kernel.money import Money
    from tests.rooms.billing.making import billing_act

    for place, minor in ((1, 100), (2, 300), (3, 400)):
        proof = f"{VPS6_IBAN}/D1.2026-03-02.{place}"
        known = Transfer("bank_transfer", proof, Money(minor, EUR), date(2026, 3, 2), frozenset())
        record_transfer(billing_act(), transfer=known)
    file = camt(Entry("1.00", ref=""), Entry("2.00", "other", ref="NONREF"), Entry("4.00", ref="NONREF", umsatz=UMSATZ), id_="D1")
    assert came(file, file) == [100, 200, 300, 400]


def test_money_that_went_back_is_booked_once_by_the_reference_it_bears(bank) -> None:
    from hostkeep.billing.actions.setting_aside import begin_return
    from hostkeep.kernel.ids import PaymentId
    from tests.rooms.billing.making import billing_act

    fates(camt(Entry("24.08", ref="IN-1")))
    payment = PaymentId(Payment.objects.get().id)
    said = begin_return(billing_act(role="billing"), payment=payment, why="not_ours").reference

    def out(amount: str = "24.08", ref: str = "OUT-1", words: str = "", **more) -> bytes:
        return camt(Entry(amount, structured=said, words=words, ref=ref, side="DBIT", **more), id_=f"D-{ref}")

    for other in (out("24.07"), out(ref=""), out(status="PDNG"), camt(Entry("24.08", ref="X", side="DBIT"))):
        assert fates(other) == []
    assert fates(out()) == [("OUT-1", "sent_back")]
    assert fates(out(words="read again")) == [("OUT-1", "known")]
    assert (Payment.objects.get().aside, book.balance("gateway:vps6:bank_transfer", EUR).minor) == ("sent", 0)


def test_a_way_back_that_another_import_takes_meanwhile_does_not_break_the_file(bank, monkeypatch) -> None:
    """The same movement at the bank, of two payments at once: the second comes too late, and only that."""
    from hostkeep.billing.actions import setting_aside
    from hostkeep.billing.actions.setting_aside import begin_return
    from hostkeep.billing.models import BankFile
    from hostkeep.kernel.ids import PaymentId
    from tests.rooms.billing.making import billing_act

    fates(camt(Entry("24.08", ref="IN-1"), Entry("24.08", ref="IN-2")))
    one, other = Payment.objects.order_by("proof")
    said = begin_return(billing_act(role="billing"), payment=PaymentId(one.id), why="not_ours").reference
    whole = setting_aside._move

    def another_first(*told) -> None:
        Payment.objects.filter(id=other.id).update(back_proof=f"{VPS6_IBAN}/OUT-1")
        whole(*told)

    monkeypatch.setattr(setting_aside, "_move", another_first)
    files = BankFile.objects.count()
    out = Entry("24.08", structured=said, words="", ref="OUT-1", side="DBIT")
    assert fates(camt(Entry("9.00", ref="IN-3"), out, id_="D2")) == [("IN-3", "unmatched")]
    assert BankFile.objects.count() == files + 1, "it was read to its end"
    assert Payment.objects.get(id=one.id).aside == "going"
