"""What a national system of electronic invoices must be: handed documents that were issued, and notes.

A document that such a system has taken is never taken out of it: what is wrong is adjusted by a further
document, or replaced by one that names it.  There is no call that deletes, and no driver may have one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import Package
from hostkeep.kernel.money import Money

Nature = Literal["original", "adjusting", "replacing"]
"""What a document is to the system: a first one, one that changes another's amounts, or stands in for it."""

STATED = "invoice_party"
"""The category under which the package holds what is stated of the buyer, as JSON.

"buyer": an object with those of name, company, address, city, postal_code, region, country, tax_id and email
that are known; "titles": one text a line.
"""

LONGEST_NUMBER, LONGEST_CODE = 32, 64


@dataclass(frozen=True, slots=True)
class EInvoiceLine:
    """A line.  unit, net: without tax, of a note what it takes back or adds; rate: millionths."""

    quantity: int
    unit: Money
    net: Money
    tax: Money
    rate: int
    category: str


@dataclass(frozen=True, slots=True)
class EInvoiceRate:
    """What bears one rate.  category: of EN 16931; rate: millionths."""

    category: str
    rate: int
    net: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Before:
    """The document that another one corrects.  number: the system's; reason: in the seller's words."""

    number: str
    issued_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class EInvoiceAsk:
    """A document to hand in.

    once      idempotency key, a UUID: under one key the system takes one document
    number    ours
    adds      of an adjusting one, whether it makes what is owed more, or less
    before    of an adjusting or replacing one, else None
    package   what the disclosure gate let out for the system, under STATED
    """

    once: str
    number: str
    issued_at: datetime
    nature: Nature
    adds: bool
    before: Before | None
    lines: tuple[EInvoiceLine, ...]
    rates: tuple[EInvoiceRate, ...]
    net: Money
    tax: Money
    gross: Money
    package: Package | None = field(compare=False)


@dataclass(frozen=True, slots=True)
class Registered:
    """It is in the system for good.

    number  the system's own for it, at most 32 characters; code: by which anybody can look it up there or
            the authority has marked it, at most 64, or empty
    """

    number: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """It was taken, and the authority has not said its word yet: look again."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The system knows nothing under this key: it may be handed in again."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The system will not have it.  code: its own word for why, without anything of the buyer."""

    code: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """Nobody could tell.  code: "busy", "down", "line", "odd".  Whoever handed it in looks it up first."""

    code: str


Handed = Registered | Pending | Refused | NoAnswer
Found = Registered | Pending | Refused | Absent | NoAnswer


class ElectronicInvoices(Protocol):
    """A national system, or a provider that stands before one."""

    manifest: ClassVar[Manifest]

    def hand_in(self, ask: EInvoiceAsk) -> Handed:
        """Hand a document in.  The same key again tells what became of the first, and hands nothing in.

        A broken line, an answer out of form and a system that is busy are NoAnswer.
        """
        ...

    def look_up(self, once: str) -> Found:
        """Ask what became of a key.  Changes nothing anywhere."""
        ...
