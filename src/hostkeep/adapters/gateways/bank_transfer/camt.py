"""Reads bank statements in CAMT.053, versions 02 to 08.

Kept of an entry: the bank's id, the amount, the booking date, and for a moment the payer's words.  Accounts
of payers are not even looked for, and their names only where the layout asks for them.
Source: ISO 20022 message definitions camt.053.001.02 to .08; element names as in their schemas.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from hostkeep.adapters.gateways.bank_transfer.proofs import NO_ID, account_number, hashed, is_plain
from hostkeep.drivers.statements import BadStatement, Credit, Layout, Statement
from hostkeep.kernel.money import CURRENCIES, Currency, Money

BIGGEST = 5_000_000
DEEPEST = 40
MOST_MINOR = 10**15
LONGEST_WORDS = 2_000
LONGEST_NAME = 140

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.0[2-8]")
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
    if name != "Document" or not _NAMESPACE.fullmatch(space) or _too_deep(root):
        raise BadStatement("format")
    return _Reader(space, names=layout.names).statement(root)


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
    """Reads one file of one namespace.  names: whether payers' are read; seen: how often an id came up."""

    space: str
    names: bool = False
    seen: Counter[str] = field(default_factory=Counter)

    def statement(self, root: Element) -> Statement:
        """Read all statements of a document as one."""
        statements = self.all(root, "BkToCstmrStmt/Stmt")
        if not statements:
            raise BadStatement("format")
        accounts = frozenset(self.account(one) for one in statements)
        came: list[Credit] = []
        gone: list[Credit] = []
        left_out = 0
        for one in statements:
            for index, entry in enumerate(self.all(one, "Ntry"), start=1):
                found = tuple(self.credits(entry, of=one, index=index))
                back = self.taken_back(entry, of=one, index=index)
                came += found
                gone += back
                left_out += not found and not back
        return Statement(accounts, tuple(came), left_out, tuple(gone))

    def account(self, statement: Element) -> str:
        """Return the account a statement is of, without spaces.  Raises BadStatement."""
        told = self.text(statement, "Acct/Id/IBAN") or self.text(statement, "Acct/Id/Othr/Id")
        number = account_number(told)
        if not number:
            raise BadStatement("format")
        return number

    def credits(self, entry: Element, *, of: Element, index: int) -> Iterator[Credit]:
        """Yield the money an entry brought: one credit, or one for each transfer the bank put into it.

        of     its statement
        index  its place in it
        """
        amount = self.amount(entry) if self.is_booked_credit(entry) else None
        if amount is None:
            return
        booked_on = self.booked_on(entry)
        id_ = self.proof(entry, of=of, index=index)
        parts = self.all(entry, "NtryDtls/TxDtls")
        amounts = [self.part_amount(part, amount.currency) for part in parts]
        if len(parts) > 1 and sum(amounts) == amount.minor and all(amounts):
            for number, (part, minor) in enumerate(zip(parts, amounts, strict=True), start=1):
                part_came = Money(minor, amount.currency)
                words, payer = self.words(part), self.payer(part)
                yield Credit(f"{id_}/{number}", part_came, booked_on, words, payer)
            return
        yield Credit(id_, amount, booked_on, self.words(entry), self.payer(entry))

    def taken_back(self, entry: Element, *, of: Element, index: int) -> tuple[Credit, ...]:
        """Return the money that an entry takes away again: the booked reversal of a credit.

        Source: ISO 20022, RvslInd: with DBIT, what is reversed was a credit entry.
        """
        is_it = self.text(entry, "CdtDbtInd") == "DBIT" and self.is_booked(entry) and self.is_reversal(entry)
        amount = self.amount(entry) if is_it else None
        if amount is None:
            return ()
        return (Credit(self.proof(entry, of=of, index=index), amount, self.booked_on(entry), ""),)

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

    def proof(self, entry: Element, *, of: Element, index: int) -> str:
        """Return an id of an entry that is the same whenever it is read: the account and the bank's own id.

        Where the bank gives none that holds beyond the statement, the statement's id and the entry's place in
        it; statements do not overlap.  Two entries of one file never share an id.
        """
        told = self.text(entry, "AcctSvcrRef") or self.text(entry, "NtryDtls/TxDtls/Refs/AcctSvcrRef")
        if not told or told.upper() in NO_ID:
            told = f"{self.text(of, 'Id')}.{self.text(of, 'CreDtTm')[:10]}.{index}"
        id_ = f"{self.account(of)}/{told if is_plain(told) else hashed(told)}"
        self.seen[id_] += 1
        return id_ if self.seen[id_] == 1 else f"{id_}/again-{self.seen[id_]}"

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
