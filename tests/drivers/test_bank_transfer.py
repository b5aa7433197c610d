"""Bank transfers sit the exam; bank files are read to the cent or not at all."""

from __future__ import annotations

from datetime import date

import pytest

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.drivers.conformance.payments import GatewayExam, ask
from hostkeep.drivers.payments import Waiting
from hostkeep.drivers.statements import BadStatement, Layout, Statement
from hostkeep.kernel.money import EUR, USD, VND, Money
from tests.drivers.bank_files import VPS6_IBAN, Entry, camt
from tests.drivers.hosted_page import DeafLine


class TestTheExam(GatewayExam):
    remembers = False
    calls_back = False

    def make(self) -> BankTransfer:
        return BankTransfer.configured(DeafLine(), {})


def test_nobody_is_called() -> None:
    gateway = BankTransfer.configured(DeafLine(), {})
    assert gateway.charge(ask("a")) == Waiting(None)
    assert gateway.look_up("a") == Waiting(None)
    assert BankTransfer.hosts({}) == ()


def read(body: bytes, layout: Layout = Layout()) -> Statement:
    return BankTransfer().read_statement(body, layout)


def why(body: bytes) -> str:
    with pytest.raises(BadStatement) as refusal:
        read(body)
    return refusal.value.why


@pytest.mark.parametrize("version", range(2, 9))
def test_every_version_is_read(version: int) -> None:
    statement = read(camt(Entry("24.08", "Invoice RF97V62026000017"), version=version))
    assert statement.accounts == {VPS6_IBAN}
    [credit] = statement.credits
    assert (credit.proof, credit.amount) == (f"{VPS6_IBAN}/BANK-0001", Money(2408, EUR))
    assert credit.booked_on == date(2026, 3, 2)
    assert "RF97V62026000017" in credit.words
    assert statement.left_out == 0


def test_who_paid_is_not_read() -> None:
    statement = read(camt(Entry("1.00", "RF97V62026000017")))
    said = "".join(credit.words + credit.proof for credit in statement.credits)
    assert "CANARY" not in said
    assert "RF97" not in repr(statement)


def test_only_booked_money_in_counts() -> None:
    statement = read(camt(
        Entry("1.00", side="DBIT", ref="a"), Entry("2.00", status="PDNG", ref="b"),
        Entry("3.00", reversal=True, ref="c"), Entry("4.00", currency="GBP", ref="d"),
        Entry("0.00", ref="e"), Entry("6.00", ref="f"),
    ))  # fmt: skip
    assert [credit.amount.minor for credit in statement.credits] == [600]
    assert statement.left_out == 5


@pytest.mark.parametrize(
    ("said", "currency", "money"),
    [
        ("1", "EUR", Money(100, EUR)),
        ("1.5", "EUR", Money(150, EUR)),
        ("1.50000", "USD", Money(150, USD)),
        ("79000", "VND", Money(79_000, VND)),
        ("79000.00", "VND", Money(79_000, VND)),
    ],
)
def test_amounts_to_the_last_digit(said: str, currency: str, money: Money) -> None:
    assert read(camt(Entry(said, currency=currency))).credits[0].amount == money


@pytest.mark.parametrize("said", ["1.005", "", "-1.00", "+1", "1,00", "1e3", "NaN", "1.", ".5", "9" * 16, "１.00"])
def test_amounts_that_are_none(said: str) -> None:
    assert why(camt(Entry(said))) == "amount"


def test_the_dong_has_no_cents() -> None:
    assert why(camt(Entry("79000.50", currency="VND"))) == "amount"


@pytest.mark.parametrize("day", ["", "2026-13-01", "02.03.2026", "yesterday"])
def test_days_that_are_none(day: str) -> None:
    assert why(camt(Entry("1.00", day=day))) == "date"


def test_an_account_that_is_no_iban() -> None:
    assert read(camt(Entry("1.00"), account="000 123-456.789", other=True)).accounts == {"000123456789"}
    assert why(camt(Entry("1.00"), account="")) == "format"


def test_a_batch_is_taken_apart() -> None:
    batch = (("10.00", "one"), ("14.08", "two"))
    statement = read(camt(Entry("24.08", batch=batch)))
    assert [(c.amount.minor, c.words.splitlines()[0], c.proof) for c in statement.credits] == [
        (1000, "one", f"{VPS6_IBAN}/BANK-0001/1"), (1408, "two", f"{VPS6_IBAN}/BANK-0001/2"),
    ]  # fmt: skip


def test_a_batch_that_does_not_add_up_stays_whole() -> None:
    statement = read(camt(Entry("24.08", batch=(("10.00", "one"), ("14.07", "two")))))
    assert [c.amount.minor for c in statement.credits] == [2408]


def test_the_structured_reference_is_read_too() -> None:
    [credit] = read(camt(Entry("1.00", structured="RF97V62026000017"))).credits
    assert "RF97V62026000017" in credit.words


@pytest.mark.parametrize("word", ["NONREF", "NOTPROVIDED", "nonref"])
def test_a_word_that_says_there_is_no_id_is_none(word: str) -> None:
    march = read(camt(Entry("5.00", ref=word))).credits[0]
    april = read(camt(Entry("5.00", ref=word, day="2026-04-02"))).credits[0]
    assert march.proof != april.proof


def proofs(body: bytes) -> list[str]:
    return [credit.proof for credit in read(body).credits]


def test_two_entries_never_share_an_id() -> None:
    same = [Entry("1.00", ref="X")] * 3
    assert len(set(proofs(camt(*same)))) == 3
    assert proofs(camt(*same)) == proofs(camt(*same, id_="MONTH"))


@pytest.mark.parametrize(
    ("entry", "proof"),
    [
        (Entry("1.00", ref="A-1", umsatz="2026-03-02-09.25.19.222641", tx="T1"), "A-1"),
        (Entry("1.00", ref="NONREF", umsatz="2026-03-02-09.25.19.222641", tx="T1"), "fi-2026-03-02-09.25.19.222641"),
        (Entry("1.00", ref="", uetr="8a562c67-ca16-48ba-b074-65581be6f001", tx="T1"), "uetr-8a562c67-ca16-48ba-b074-65581be6f001"),
        (Entry("1.00", ref="", tx="T1"), "tx-T1"),
        (Entry("1.00", ref="", tx="NOTPROVIDED", umsatz="NONREF"), "c-"),
    ],
)
def test_the_banks_own_ids_come_first_and_what_the_payer_chose_is_none(entry: Entry, proof: str) -> None:
    [found] = proofs(camt(entry))
    assert found.startswith(f"{VPS6_IBAN}/{proof}")
    assert proof == "c-" or found == f"{VPS6_IBAN}/{proof}"
    assert found == proofs(camt(entry, id_="MONTH"))[0], "the same in a day's file and a month's"
    standing = Entry("1.00", ref="", e2e="SAME-EACH-MONTH")
    assert proofs(camt(standing)) != proofs(camt(Entry("1.00", ref="", e2e="SAME-EACH-MONTH", day="2026-04-02")))


def test_without_an_id_the_same_is_known_in_every_file_and_two_equal_ones_are_two() -> None:
    equal, other = Entry("1.00", "a", ref=""), Entry("1.00", "b", ref="")
    day = proofs(camt(equal, other, equal, id_="DAY"))
    month = proofs(camt(Entry("1.00", "a", ref="", day="2026-03-01"), equal, equal, other, id_="MONTH"))
    assert len(set(day)) == 3
    assert set(day) == set(month[1:]) and month[0] not in day


def test_an_id_that_several_bear_is_told_apart_by_what_they_are_in_any_order() -> None:
    one, two = Entry("1.00", ref="X"), Entry("2.00", ref="X", day="2026-03-03")
    first, second = proofs(camt(one, two))
    assert proofs(camt(two, one)) == [second, first]
    alone = read(camt(two)).credits[0]
    assert alone.proof == f"{VPS6_IBAN}/X" and second in alone.alike
    assert alone.proof in read(camt(one, two)).credits[1].alike


def test_a_page_of_a_statement_does_not_hold_whole_days_so_the_place_counts() -> None:
    nameless = Entry("1.00", ref="")
    assert proofs(camt(nameless, page="1", id_="S-1")) != proofs(camt(nameless, page="2", id_="S-2"))


def test_a_report_is_read_by_the_banks_ids_or_not_at_all() -> None:
    entry = Entry("1.00", ref="NONREF", umsatz="2026-03-02-09.25.19.222641")
    assert proofs(camt(entry, report=True)) == proofs(camt(entry))
    assert proofs(camt(Entry("1.00", status="PDNG", ref=""), report=True)) == []
    assert why(camt(entry, Entry("2.00", ref=""), report=True)) == "ids"


def test_an_id_that_could_hold_anything_is_not_kept_as_it_is() -> None:
    for ref in ("Payment of Anna Payer", "x" * 61, "../&amp;"):
        [credit] = read(camt(Entry("1.00", ref=ref))).credits
        assert "Anna" not in credit.proof
        assert len(credit.proof) <= 140


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<Document>&b;</Document>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><Document>&a;</Document>'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"Name;City\nAnn;Hue", "format"),
        (b"%PDF-1.7", "format"),
        (b"\x00\x01\x02", "format"),
        (b"<Document>", "xml"),
        (b'<?xml version="1.0" encoding="no-such"?><Document/>', "xml"),
        (BOMB, "entities"),
        (OUTSIDE, "entities"),
        (b"<!DOCTYPE html><html/>", "entities"),
        (b"<Document/>", "format"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'/>", "format"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"/>', "format"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.09"/>', "format"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.052.001.02"/>', "format"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"/>', "format"),
        (b"<a>" * 41 + b"</a>" * 41, "format"),
        (b"x" * 5_000_001, "size"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_are_none(body: bytes, reason: str) -> None:
    assert why(body) == reason


def test_a_deep_file_is_refused_and_does_not_fall_over() -> None:
    space = b'xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"'
    deep = b"<Document " + space + b">" + b"<a>" * 200_000 + b"</a>" * 200_000 + b"</Document>"
    assert why(deep) == "format"


def test_long_words_are_cut() -> None:
    [credit] = read(camt(Entry("1.00", "x" * 10_000))).credits
    assert len(credit.words) <= 2_000
