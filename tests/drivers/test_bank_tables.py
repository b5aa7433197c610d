"""CSV files of banks: many forms, one meaning; what could mean two things is refused whole."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.drivers.statements import BadStatement, Layout, Statement
from hostkeep.kernel.money import EUR, USD, VND, Money

EURO = Layout(currency="EUR")
DAY = date(2026, 3, 2)


def read(body: bytes | str, layout: Layout = EURO) -> Statement:
    return BankTransfer().read_statement(body.encode() if isinstance(body, str) else body, layout)


def why(body: bytes | str, layout: Layout = EURO) -> str:
    with pytest.raises(BadStatement) as refusal:
        read(body, layout)
    return refusal.value.why


def one(amount: str, layout: Layout = EURO, *, currency: str = "EUR", day: str = "2026-03-02"):
    rows = read(f'Date;Amount;Currency;Description\n{day};"{amount}";{currency};x\n', layout).credits
    return rows[0] if rows else None


def test_heads_of_several_banks_are_recognised() -> None:
    files = (
        "Date,Amount,Currency,Description,Transaction ID,IBAN\n2026-03-02,24.08,EUR,RF97V62026000017,T-1,NL67 HKPD 0123 4567 89\n",
        "Buchungstag;Betrag;Währung;Verwendungszweck;ID;Auftragskonto\n02.03.2026;24,08;EUR;RF97V62026000017;T-1;NL67HKPD0123456789\n",
        "Datum\tBedrag (EUR)\tOmschrijving\tVolgnr\tRekening\n20260302\t24,08\tRF97V62026000017\tT-1\tNL67HKPD0123456789\n",
    )
    for file in files:
        for body in (file.encode(), file.encode("utf-8-sig"), file.encode("cp1252"), file.replace("\n", "\r\n").encode()):
            statement = read(body)
            [credit] = statement.credits
            assert (credit.amount, credit.booked_on) == (Money(2408, EUR), DAY)
            assert credit.words == "RF97V62026000017" and credit.payer == ""
            assert credit.proof == "NL67HKPD0123456789/T-1"
            assert statement.accounts == {"NL67HKPD0123456789"}


def test_columns_may_be_named() -> None:
    columns = {"date": "When", "amount": "How much", "words": "Note", "side": "In/Out", "side_in": "In"}
    layout = Layout(columns=columns, currency="USD", decimal=".", day_first=False, account="US 1")
    statement = read("When,How much,Note,In/Out\n03/02/2026,\"1,234.5\",a,In\n03/02/26,7,b,Out\n", layout)
    [credit] = statement.credits
    assert (credit.amount, credit.booked_on, statement.left_out) == (Money(123450, USD), DAY, 1)
    assert credit.proof.startswith("US1/h-")
    for missing in ({"date": "Nothing"}, {"side": "Nothing"}, {"words": "Nothing"}):
        assert why("When,How much,Note\n", Layout(columns={**columns, **missing})) == "format"


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        ("24.08", 2408), ("24,08", 2408), ("+24,08", 2408), ("1.234,56", 123456), ("1,234.56", 123456),
        ("1'234.56", 123456), ("1 234,56", 123456), ("12,5", 1250), ("12", 1200), ("24,080", None), ("1.234", None),
        ("1.234.567", 123456700), ("1.23.456,00", None), ("12.345,678", None), ("1e3", None), ("١٢", None), ("=1+1", None),
        ("--5", None), ("24.08.1", None), ("9" * 20, None), ("@SUM(A1)", None),
    ],
)  # fmt: skip
def test_amounts_are_exact_or_refused(amount: str, minor: int | None) -> None:
    if minor is None:
        assert why(f'Date;Amount;Currency\n2026-03-02;"{amount}";EUR\n') == "amount"
    else:
        assert one(amount).amount == Money(minor, EUR)


def test_a_described_decimal_sign_settles_what_could_be_read_twice() -> None:
    assert one("1.234", Layout(decimal=",")).amount == Money(123400, EUR)
    assert why("Date;Amount;Currency\n2026-03-02;1.234;EUR\n", Layout(decimal=".")) == "amount"
    assert one("1.234.000", currency="VND").amount == Money(1_234_000, VND)
    assert why("Date;Amount;Currency\n2026-03-02;1234,5;VND\n") == "amount"


@pytest.mark.parametrize(("amount", "currency"), [("-24.08", "EUR"), ("24,08-", "EUR"), ("", "EUR"), ("0", "EUR"), ("5", "GBP")])
def test_money_out_nothing_and_unknown_currencies_are_left_out(amount: str, currency: str) -> None:
    assert one(amount, currency=currency) is None


@pytest.mark.parametrize("day", ["", "2026-02-30", "31.02.2026", "13/13/2026", "yesterday", "=TODAY()"])
def test_dates_that_are_none(day: str) -> None:
    assert why(f"Date;Amount\n{day};5\n") == "date"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"), (b" \r\n\t", "empty"), (b"Name;City\nAnn;Hue\n", "format"), (b";;\n;\n", "format"), (b"Date;Amount\x00\n", "format"),
        (b'Date;Amount\n2026-03-02;"5\n', "format"), (b"Date;Amount\n" + b"x" * 5000 + b";5\n", "size"),
        (b"Date;Amount" + b";x" * 200 + b"\n", "size"), (b"Date;Amount\n" + b"2026-03-02;5\n" * 50_001, "size"),
        (b"x" * 5_000_001, "size"), (b"PK\x03\x04\x14\x00", "format"),
    ],
)  # fmt: skip
def test_what_is_no_bank_file(body: bytes, said: str) -> None:
    assert why(body) == said


def test_equal_rows_are_two_transfers_and_the_same_whenever_read() -> None:
    row = "2026-03-02;5,00;thanks\n"
    first = [c.proof for c in read("Date;Amount;Description\n" + row * 2).credits]
    again = [c.proof for c in read("Date;Amount;Description\n" + row * 3).credits]
    assert len(set(again)) == 3 and again[:2] == first


def test_an_id_that_is_a_formula_is_not_kept() -> None:
    [credit] = read('Date;Amount;ID\n2026-03-02;5;"=HYPERLINK(1)"\n').credits
    assert credit.proof.startswith("csv/h-") and "=" not in credit.proof


def test_names_are_read_only_where_they_are_wanted() -> None:
    file = "Date;Amount;Name\n2026-03-02;5;CANARY Ann\n"
    assert read(file).credits[0].payer == ""
    [credit] = read(file, Layout(currency="EUR", names=True)).credits
    assert credit.payer == "CANARY Ann" and "CANARY" not in repr(credit)


@settings(max_examples=300, deadline=None)
@given(some.binary(max_size=300) | some.text(max_size=300).map(str.encode))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    for found in (body, b"Date;Amount;Description\n" + body):
        try:
            statement = read(found)
        except BadStatement:
            continue
        assert all(credit.amount.minor > 0 for credit in statement.credits)


def test_ids_that_may_count_the_files_rows_are_none_by_themselves() -> None:
    """A bank that counts 1, 2, 3 in each file would have next month's money taken for this month's."""
    march, april = "Date;Amount;ID\n2026-03-02;24,08;1\n", "Date;Amount;ID\n2026-04-02;9,00;1\n"
    proofs = [read(body).credits[0].proof for body in (march, april, march)]
    assert proofs == ["csv/1.20260302.2408", "csv/1.20260402.900", "csv/1.20260302.2408"]
    for placeholder in ("NONREF", "notprovided", "None"):
        assert read(f"Date;Amount;ID\n2026-03-02;24,08;{placeholder}\n").credits[0].proof.startswith("csv/h-")


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"])
def test_a_payers_words_make_no_row(end: str) -> None:
    words = f"x{end}2026-01-01;9999,00;RF97V62026000017"
    for body in (f"Date;Amount;Description\n2026-03-02;24,08;{words}\n", f'Date;Amount;Description\n2026-03-02;24,08;"{words}"\n'):
        try:
            credits = read(body).credits
        except BadStatement as refusal:
            assert refusal.why == "format"
        else:
            assert [credit.amount for credit in credits] == [Money(2408, EUR)]


def test_words_that_push_or_swallow_cells_are_refused() -> None:
    pushed = "Date;Description;Amount\n2026-03-02;x;9999,00;24,08\n"
    swallowed = 'Date;Amount;Description\n2026-03-02;24,08;"x\n2026-03-02;10,00;y"\n'
    torn = "Date;Amount;Description\n2026-03-02;24,08;x;y\n"
    assert [why(body) for body in (pushed, swallowed, torn)] == ["format", "format", "format"]
    quoted = 'Date;Amount;Description\n2026-03-02;24,08;"x\ny"\n'
    assert read(quoted, Layout(currency="EUR", lines=True)).credits[0].words == "x\ny"
    assert len(read("Date;Amount;Description\n2026-03-02;24,08;x;;\n2026-03-02;24,08\n").credits) == 2
