"""What a reader of bank statements must be: bytes in, credits out, no socket and no person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from hostkeep.kernel.money import Money

Fault = Literal["size", "xml", "entities", "format", "amount", "date", "empty", "ids"]


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that arrived on the account and is booked.

    proof      the bank's own id for it, unique with the account; letters, digits and ./_- only
    booked_on  the bank's booking date
    words      what the payer wrote, for finding a reference in; may name people, so it is not printed and
               nobody keeps it
    payer      who sent it, where the layout asks for names: compared once, and kept by nobody
    alike      other ids under which the very same money, of this day and amount, may have been written down
    whole      ids of the entry that this is one transfer of: where one stands with all its money, this was
               in it
    of         the money of that entry
    told       kind and id, as in proof, of each of the bank's ids that the file tells of it, the best first;
               a bank gives a movement one of a kind, so two movements with ids of one kind are two.  Where it
               gives none: what it is known by in its place
    """

    proof: str
    amount: Money
    booked_on: date
    words: str = field(repr=False)
    payer: str = field(default="", repr=False)
    alike: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    of: Money | None = None
    told: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How a bank writes its files, as far as they do not say it themselves.

    columns    of a CSV file: heads by what stands under them: "date", "amount", "currency", "words", "id",
               "account", "name"; "side", and what it says of money in: "side_in".  Those left out are
               recognised by their usual heads
    currency   of rows that name none
    decimal    "," or ".", or empty: told from each amount, and refused where it could be read in two ways
    day_first  whether 02/03/2026 is in March
    account    the account of files that name none
    names      whether payers' names are wanted
    lines      whether the bank quotes words that go over several lines; else a cell with a line's end is a
               file torn by a payer's words, and is refused
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    decimal: str = ""
    day_first: bool = True
    account: str = ""
    names: bool = False
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file says.

    accounts  the accounts it speaks of, without spaces
    credits   money that arrived, in the file's order
    left_out  entries that are not booked money in: debits, pending ones, other currencies
    reversed  money that had come and that the bank took away again, as it had come: for staff to look at
    left      money that left by transfers, with the words we wrote on them, where the file says them
    """

    accounts: frozenset[str]
    credits: tuple[Credit, ...]
    left_out: int
    reversed: tuple[Credit, ...] = ()
    left: tuple[Credit, ...] = ()


class BadStatement(Exception):
    """A file that cannot be read as a statement.  why says what is wrong; its text quotes nothing of it."""

    def __init__(self, why: Fault) -> None:
        super().__init__(why)
        self.why: Fault = why


class StatementReader(Protocol):
    """Something that reads a bank's files."""

    def read_statement(self, body: bytes, layout: Layout) -> Statement:
        """Read a whole file.  Raises BadStatement; then nothing of it may be used."""
        ...
