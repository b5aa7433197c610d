"""Reads bank statements in CAMT.053, and reports in CAMT.052, versions 02 to 08.

Kept of an entry: the bank's id, the amount, the booking date, and for a moment the payer's words.  Accounts
of payers are not even looked for, and their names only where the layout asks for them.
Source: ISO 20022 message definitions camt.052.001.02 and camt.053.001.02 to .08; names as in their schemas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hostkeep.adapters.gateways.bank_transfer.entry_ids import (
    REFS,
    UMSATZ,
    Ids,
    Seen,
    demand_ids,
    ids_of,
    told_ids,
)
from hostkeep.adapters.gateways.bank_transfer.proofs import account_number, hashed, is_plain
from hostkeep.drivers.statements import BadStatement, Credit, Layout, Statement
from hostkeep.kernel.money import CURRENCIES, Currency, Money

BIGGEST = 5_000_000
DEEPEST = 40
MOST_MINOR = 10**15
LONGEST_WORDS = 2_000
LONGEST_NAME = 140

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.05([23])\.001\.0[2-8]")
REPORT = "2"
"""The digit of a report, which may begin and end within a day."""

_AMOUNT = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,5}))?")


def read(body: bytes, layout: Layout) -> Statement:
    """Read a whole file.  Raises BadStatement; then nothing of it may be used."""
    if len(body) > BIGGEST:
        raise BadStatement("size")
    if not body.strip():
        raise BadStatement("empty")
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        raise BadStatement("entities") from None
    except (ParseError, ValueError, LookupError):
        raise BadStatement("xml") from None
    space, name = _split(root.tag)
    kind = _NAMESPACE.fullmatch(space)
    if name != "Document" or kind is None or _too_deep(root):
        raise BadStatement("format")
    return _Reader(space, report=kind[1] == REPORT, names=layout.names).statement(root)


def _split(tag: str) -> tuple[str, str]:
    """Split "{namespace}name"."""
    space, _, name = tag.removeprefix("{").rpartition("}")
    return space, name


def _too_deep(root: Element) -> bool:
    """Tell whether a tree is nested deeper than any statement is."""
    level = [root]
    for _ in range(DEEPEST):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True


@dataclass(slots=True)
class _Reader:
    """Reads one file of one namespace.  report: whether it is a camt.052; names: whether payers' are read."""

    space: str
    report: bool = False
    names: bool = False

    def statement(self, root: Element) -> Statement:
        """Read all statements of a document as one."""
        statements = self.all(root, "BkToCstmrAcctRpt/Rpt" if self.report else "BkToCstmrStmt/Stmt")
        if not statements:
            raise BadStatement("format")
        accounts = frozenset(self.account(one) for one in statements)
        whole = not self.report and self.is_whole(root)
        came: list[Credit] = []
        gone: list[Credit] = []
        out: list[Credit] = []
        left_out = 0
        entries: list[Element] = []
        seen: list[Seen] = []
        for one in statements:
            for index, entry in enumerate(self.all(one, "Ntry"), start=1):
                amount = self.amount(entry) if self.moves(entry) else None
                if amount is None:
                    left_out += 1
                    out += self.transfer_out(entry, of=one)
                    continue
                entries.append(entry)
                seen.append(self.seen(entry, amount, of=one, index=index, whole=whole))
        if self.report:
            demand_ids(seen)
        for entry, each, ids in zip(entries, seen, ids_of(seen), strict=True):
            if each.side == "CRDT":
                came += self.credits(entry, each, ids)
            else:
                gone.append(Credit(ids.proof, each.amount, each.booked_on, ""))
        return Statement(accounts, tuple(came), left_out, tuple(gone), tuple(out))

    def transfer_out(self, entry: Element, *, of: Element) -> tuple[Credit, ...]:
        """Return money that a booked transfer of ours took out, by the bank's id; none where there is none.

        What is no whole amount of ours, or cannot be read, is left out: money out books nothing by itself.
        """
        is_out = self.text(entry, "CdtDbtInd") == "DBIT" and self.is_booked(entry)
        told = told_ids(lambda path: self.own(entry, path)) if is_out and not self.is_reversal(entry) else ()
        try:
            amount = self.amount(entry) if told else None
            day = self.booked_on(entry) if told else None
        except BadStatement:
            return ()
        if amount is None or day is None:
            return ()
        return (Credit(f"{self.account(of)}/{told[0]}", amount, day, self.words(entry)),)

    def is_whole(self, root: Element) -> bool:
        """Tell whether a file is no page of several: then it holds all of its days."""
        page = "BkToCstmrStmt/GrpHdr/MsgPgntn"
        number, last = self.text(root, f"{page}/PgNb"), self.text(root, f"{page}/LastPgInd").lower()
        return number.lstrip("0") in {"", "1"} and last in {"", "true", "1"}

    def seen(self, entry: Element, amount: Money, *, of: Element, index: int, whole: bool) -> Seen:
        """Read what an entry is known by.

        of     its statement; index: its place in it
        whole  whether the file holds whole days
        Raises BadStatement.
        """
        place = f"{self.text(of, 'Id')}.{self.text(of, 'CreDtTm')[:10]}.{index}"
        return Seen(
            self.account(of), told_ids(lambda path: self.own(entry, path)), self.booked_on(entry), amount,
            self.text(entry, "CdtDbtInd"), self.words(entry), place if is_plain(place) else hashed(place),
            whole,
        )  # fmt: skip

    def own(self, entry: Element, path: str) -> str:
        """Return the bank's own id of an entry at a path."""
        if path != UMSATZ:
            return self.text(entry, path)
        for each in self.all(entry, f"{REFS}/Prtry"):
            if self.text(each, "Tp") == UMSATZ:
                return self.text(each, "Ref")
        return ""

    def account(self, statement: Element) -> str:
        """Return the account a statement is of, without spaces.  Raises BadStatement."""
        told = self.text(statement, "Acct/Id/IBAN") or self.text(statement, "Acct/Id/Othr/Id")
        number = account_number(told)
        if not number:
            raise BadStatement("format")
        return number

    def credits(self, entry: Element, seen: Seen, ids: Ids) -> Iterator[Credit]:
        """Yield the money an entry brought: one credit, or one for each transfer the bank put into it."""
        amount, booked_on = seen.amount, seen.booked_on
        parts = self.all(entry, "NtryDtls/TxDtls")
        amounts = [self.part_amount(part, amount.currency) for part in parts]
        if len(parts) > 1 and sum(amounts) == amount.minor and all(amounts):
            for number, (part, minor) in enumerate(zip(parts, amounts, strict=True), start=1):
                part_came = Money(minor, amount.currency)
                words, payer = self.words(part), self.payer(part)
                alike = tuple(f"{each}/{number}" for each in ids.alike)
                yield Credit(
                    f"{ids.proof}/{number}", part_came, booked_on, words, payer, alike=alike,
                    whole=(ids.proof, *ids.alike), of=amount,
                    told=tuple((kind, f"{each}/{number}") for kind, each in ids.told),
                )  # fmt: skip
            return
        payer = self.payer(entry)
        yield Credit(ids.proof, amount, booked_on, seen.words, payer, alike=ids.alike, told=ids.told)

    def moves(self, entry: Element) -> bool:
        """Tell whether an entry is money in that is booked, or money that was and is booked as gone again.

        Source: ISO 20022, RvslInd: with DBIT, what is reversed was a credit entry.
        """
        if self.text(entry, "CdtDbtInd") == "DBIT":
            return self.is_booked(entry) and self.is_reversal(entry)
        return self.is_booked_credit(entry)

    def is_booked(self, entry: Element) -> bool:
        """Tell whether an entry is booked, and not only announced."""
        return (self.text(entry, "Sts/Cd") or self.text(entry, "Sts")) == "BOOK"

    def is_reversal(self, entry: Element) -> bool:
        """Tell whether an entry undoes an earlier one."""
        return self.text(entry, "RvslInd").lower() in {"true", "1"}

    def is_booked_credit(self, entry: Element) -> bool:
        """Tell whether an entry is money in, booked, and not the reversal of a debit."""
        is_credit = self.text(entry, "CdtDbtInd") == "CRDT"
        return is_credit and self.is_booked(entry) and not self.is_reversal(entry)

    def amount(self, entry: Element) -> Money | None:
        """Return what an entry brought, or None if it is nothing or in a currency the house does not know.

        Raises BadStatement.
        """
        found = entry.find(self.path("Amt"))
        if found is None:
            raise BadStatement("amount")
        currency = CURRENCIES.get(found.get("Ccy", ""))
        minor = _exact(found.text or "", currency) if currency else 0
        return Money(minor, currency) if currency and minor else None

    def part_amount(self, part: Element, currency: Currency) -> int:
        """Return what one transfer of a batch brought, in minor units; 0 where the bank does not say it."""
        for path in ("Amt", "AmtDtls/TxAmt/Amt"):
            found = part.find(self.path(path))
            if found is not None and found.get("Ccy") == currency.code:
                return _exact(found.text or "", currency)
        return 0

    def booked_on(self, entry: Element) -> date:
        """Return the booking date.  Raises BadStatement."""
        told = self.text(entry, "BookgDt/Dt") or self.text(entry, "BookgDt/DtTm")
        try:
            return date.fromisoformat(told[:10])
        except ValueError:
            raise BadStatement("date") from None

    def words(self, element: Element) -> str:
        """Return all that the payer wrote: structured references first, then free text."""
        names = ("Strd/CdtrRefInf/Ref", "Ustrd")
        found = (e.text or "" for n in names for e in element.iterfind(f".//{self.path('RmtInf/' + n)}"))
        refs = (e.text or "" for e in element.iterfind(f".//{self.path('Refs/EndToEndId')}"))
        more = element.find(self.path("AddtlNtryInf"))
        said = [*found, *refs, more.text or "" if more is not None else ""]
        return "\n".join(part.strip() for part in said if part.strip())[:LONGEST_WORDS]

    def payer(self, element: Element) -> str:
        """Return who sent it, where that is wanted and said of one payer alone; else an empty text."""
        if not self.names:
            return ""
        paths = (f".//{self.path(names)}" for names in ("Dbtr/Nm", "Dbtr/Pty/Nm"))
        found = [e.text or "" for path in paths for e in element.iterfind(path)]
        return found[0].strip()[:LONGEST_NAME] if len(found) == 1 else ""

    def path(self, names: str) -> str:
        """Put the namespace before each name of a path."""
        return "/".join(f"{{{self.space}}}{name}" for name in names.split("/"))

    def all(self, element: Element, names: str) -> list[Element]:
        """Return what stands at a path."""
        return element.findall(self.path(names))

    def text(self, element: Element, names: str) -> str:
        """Return the text at a path, or an empty one."""
        return (element.findtext(self.path(names)) or "").strip()


def _exact(told: str, currency: Currency) -> int:
    """Read an amount to the last digit, in minor units.  Raises BadStatement if it is finer than those."""
    found = _AMOUNT.fullmatch(told.strip())
    if not found:
        raise BadStatement("amount")
    whole, part = found[1], (found[2] or "").rstrip("0")
    if len(part) > currency.places:
        raise BadStatement("amount")
    minor = int(whole + part.ljust(currency.places, "0"))
    if minor > MOST_MINOR:
        raise BadStatement("amount")
    return minor
