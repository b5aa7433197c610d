"""Reads bank statements that come as CSV: each bank writes its own, so heads are recognised or named.

Nothing of a cell is ever kept as it stands but a plain id of the bank's: a cell that a spreadsheet would take
for a formula goes nowhere.  Source of the form: RFC 4180, with the semicolons and encodings that banks use.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from hostkeep.adapters.gateways.bank_transfer.proofs import NO_ID, account_number, hashed, is_plain
from hostkeep.drivers.statements import BadStatement, Credit, Layout, Statement
from hostkeep.kernel.money import CURRENCIES, Currency, Money

BIGGEST = 5_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 100
LONGEST_CELL = 4_000
LONGEST_WORDS = 2_000
LONGEST_NAME = 140
MOST_MINOR = 10**15
LONGEST_COUNT = 6
"""Digits of an id that may be nothing but a row's number in its file."""

HEADS: Mapping[str, frozenset[str]] = MappingProxyType({
    "date": frozenset({
        "date", "booking date", "booked", "transaction date", "buchungstag", "buchungsdatum", "datum",
        "boekdatum", "ngày", "ngày giao dịch",
    }),
    "amount": frozenset({
        "amount", "credit", "betrag", "bedrag", "bedrag (eur)", "umsatz", "số tiền", "ghi có",
    }),
    "currency": frozenset({"currency", "währung", "munt", "loại tiền"}),
    "words": frozenset({
        "reference", "description", "remittance information", "payment reference", "details",
        "verwendungszweck", "omschrijving", "mededelingen", "kenmerk", "nội dung", "diễn giải",
    }),
    "id": frozenset({
        "id", "transaction id", "bank reference", "entry reference", "volgnr", "mã giao dịch", "số bút toán",
    }),
    "account": frozenset({"iban", "account", "account number", "auftragskonto", "rekening", "số tài khoản"}),
    "name": frozenset({
        "name", "payer", "counterparty", "naam / omschrijving", "naam tegenpartij", "auftraggeber",
        "beguenstigter/zahlungspflichtiger", "tên người chuyển",
    }),
})  # fmt: skip
"""By what we need: the heads, in lower case, under which banks write it."""

_ENDS = re.compile(r"[\r\n]")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[.,' ][0-9]{3})+")
_SIGNED = re.compile(r"([-+\N{MINUS SIGN}]?) ?([^-+\N{MINUS SIGN}]*?) ?(-?)")
_DAY = re.compile(r"([0-9]{1,4})[-./]([0-9]{1,2})[-./]([0-9]{1,4})")


def read(body: bytes, layout: Layout) -> Statement:
    """Read a whole file.  Raises BadStatement; then nothing of it may be used."""
    if len(body) > BIGGEST:
        raise BadStatement("size")
    text = _text(body)
    if not text.strip():
        raise BadStatement("empty")
    rows = _rows(text, layout)
    return _Reader(layout, _columns(next(rows, ()), layout)).statement(rows)


def _text(body: bytes) -> str:
    """Decode a file: UTF-8, else Latin-1 as Windows writes it.  Raises BadStatement."""
    if b"\x00" in body:
        raise BadStatement("format")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _rows(text: str, layout: Layout) -> Iterator[list[str]]:
    """Yield the rows that hold something, the heads first.  Raises BadStatement."""
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    # Lines end where RFC 4180 has them end.  str.splitlines also ends them at signs that a payer may write.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    count = width = 0
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            count += 1
            too_long = any(len(cell) > LONGEST_CELL for cell in row)
            if count > MOST_ROWS or len(row) > MOST_COLUMNS or too_long:
                raise BadStatement("size")
            width = width or len(row)
            yield _demand_whole(row, width, layout)
    except csv.Error:
        raise BadStatement("format") from None


def _demand_whole(row: list[str], width: int, layout: Layout) -> list[str]:
    """Refuse a row that a payer's words have torn: cells beyond the heads, or a line's end in one.

    A bank that does not quote lets ";" in the words push what follows into other columns, and a quote that
    is never closed swallows rows.  Which of the amounts is true could not be told any more.
    Raises BadStatement.
    """
    if any(cell.strip() for cell in row[width:]) or (not layout.lines and any(map(_ENDS.search, row))):
        raise BadStatement("format")
    return row


def _columns(heads: Sequence[str], layout: Layout) -> Mapping[str, tuple[int, ...]]:
    """Find where each thing stands.  Raises BadStatement: no date or amount, or a head is not there."""
    names = [head.strip().casefold() for head in heads]
    found = {}
    for what, known in HEADS.items():
        named = layout.columns.get(what, "").strip().casefold()
        if named and named not in names:
            raise BadStatement("format")
        wanted = {named} if named else known
        found[what] = tuple(at for at, name in enumerate(names) if name in wanted)
    if not found["date"] or not found["amount"]:
        raise BadStatement("format")
    side = layout.columns.get("side", "").strip().casefold()
    if side and side not in names:
        raise BadStatement("format")
    return {**found, "side": (names.index(side),) if side else ()}


@dataclass(slots=True)
class _Reader:
    """Reads the rows of one file.  seen: how often the same row came up."""

    layout: Layout
    columns: Mapping[str, tuple[int, ...]]
    seen: Counter[str] = field(default_factory=Counter)

    def statement(self, rows: Iterator[list[str]]) -> Statement:
        """Read all rows.  Raises BadStatement."""
        accounts, came, left_out = set(), [], 0
        for row in rows:
            if told := self.cell(row, "account"):
                accounts.add(account_number(told) or told)
            credit = self.credit(row)
            if credit is None:
                left_out += 1
            else:
                came.append(credit)
        return Statement(frozenset(accounts), tuple(came), left_out)

    def credit(self, row: Sequence[str]) -> Credit | None:
        """Return the money that a row brought, or None if it is none, or in a currency we do not know."""
        side = self.cell(row, "side")
        if self.columns["side"] and side.casefold() != self.layout.columns.get("side_in", "").casefold():
            return None
        currency = CURRENCIES.get(self.cell(row, "currency").upper() or self.layout.currency)
        minor = _exact(self.cell(row, "amount"), currency, self.layout.decimal) if currency else 0
        if currency is None or minor <= 0:
            return None
        booked_on = _day(self.cell(row, "date"), day_first=self.layout.day_first)
        name = self.cell(row, "name")[:LONGEST_NAME] if self.layout.names else ""
        proof = self.proof(row, booked_on, minor)
        kind = "table" if self.is_told(row) else "row"
        told = ((kind, proof),)
        return Credit(proof, Money(minor, currency), booked_on, self.words(row), name, told=told)

    def is_told(self, row: Sequence[str]) -> bool:
        """Tell whether the bank gives a row an id, and does not say that it has none."""
        said = self.cell(row, "id")
        return bool(said) and said.upper() not in NO_ID

    def proof(self, row: Sequence[str], booked_on: date, minor: int) -> str:
        """Return an id of a row that is the same whenever it is read.

        A number that may count this file's rows anew is an id only with the day and the amount.  Where the
        bank gives none: a digest of the row, and how often the same row stood before it, so that two equal
        transfers of a day are two.  Such files hold whole days.
        """
        account = account_number(self.cell(row, "account")) or account_number(self.layout.account) or "csv"
        told = self.cell(row, "id")
        if told.isdecimal() and len(told) <= LONGEST_COUNT:
            id_ = f"{told}.{booked_on:%Y%m%d}.{minor}"
        elif self.is_told(row):
            id_ = told if is_plain(told) else hashed(told)
        else:
            id_ = hashed("\x1f".join(cell.strip() for cell in row))
        self.seen[id_] += 1
        again = self.seen[id_]
        return f"{account}/{id_}" if again == 1 else f"{account}/{id_}/again-{again}"

    def words(self, row: Sequence[str]) -> str:
        """Return all that the payer wrote."""
        said = (row[at].strip() for at in self.columns["words"] if at < len(row))
        return "\n".join(part for part in said if part)[:LONGEST_WORDS]

    def cell(self, row: Sequence[str], what: str) -> str:
        """Return the first cell of a kind, or an empty text."""
        at = next(iter(self.columns[what]), len(row))
        return row[at].strip() if at < len(row) else ""


def _exact(told: str, currency: Currency, decimal: str) -> int:
    """Read an amount to the last digit, in minor units; negative for money out, 0 for an empty cell.

    decimal  "," or "." where the bank's file has been described; empty: it is told from the amount
    Raises BadStatement if it is no amount, finer than the currency, or could be read in two ways.
    """
    if not told:
        return 0
    found = _SIGNED.fullmatch(told.replace("\N{NO-BREAK SPACE}", " "))
    if found is None or (found[1] and found[3]):
        raise BadStatement("amount")
    sign = 1 if found[1] in {"", "+"} and not found[3] else -1
    whole, part = _split(found[2], currency, decimal)
    digits = re.sub(r"[.,' ]", "", whole)
    well = digits.isascii() and digits.isdecimal() and (whole == digits or _GROUPED.fullmatch(whole))
    part = part.rstrip("0")
    if not well or len(part) > currency.places or (part and not (part.isascii() and part.isdecimal())):
        raise BadStatement("amount")
    minor = int(digits + part.ljust(currency.places, "0"))
    if minor > MOST_MINOR:
        raise BadStatement("amount")
    return sign * minor


def _split(bare: str, currency: Currency, decimal: str) -> tuple[str, str]:
    """Split an amount into what is before and behind its decimal sign.  Raises BadStatement if unsure."""
    if decimal:
        whole, _, part = bare.partition(decimal)
        return whole, part
    signs = [sign for sign in ".," if sign in bare]
    if len(signs) == len(".,"):
        last = max(signs, key=bare.rfind)
        whole, _, part = bare.rpartition(last)
        return whole, part
    if not signs or bare.count(signs[0]) > 1 or not currency.places:
        return bare, ""
    whole, _, part = bare.partition(signs[0])
    if len(part) > currency.places:
        raise BadStatement("amount")  # "1.234" is a thousand here and one there
    return whole, part


def _day(told: str, *, day_first: bool) -> date:
    """Read a booking date.  Raises BadStatement."""
    if len(told) == len("20260302") and told.isascii() and told.isdecimal():
        told = f"{told[:4]}-{told[4:6]}-{told[6:]}"
    found = _DAY.match(told)
    if found is None:
        raise BadStatement("date")
    one, two, three = (int(part) for part in found.groups())
    if len(found[1]) == len("2026"):
        year, month, day = one, two, three
    else:
        day, month = (one, two) if day_first else (two, one)
        year = three
    try:
        return date(year if year >= 100 else 2000 + year, month, day)  # noqa: PLR2004  two digits of a year
    except ValueError:
        raise BadStatement("date") from None
