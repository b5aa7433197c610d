"""What an entry of a statement is known by, in whichever file it comes: a day's, a month's, a report's.

The bank's own ids come first, in the order in which they can be relied on.  What the payer chose is none: the
end-to-end id of a standing order is the same each month.  NtryRef is none either: most banks count the
entries of the file with it.
Sources: ISO 20022, camt.053.001.02 and .08, AcctSvcrRef, TxId, UETR; European Payments Council, EPC188-09
(the same booked entry should bear the same AcctSvcrRef in camt.052 and camt.053).  FI-UMSATZ-ID: German
savings banks give it in Refs/Prtry and write NONREF as AcctSvcrRef.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from hostkeep.adapters.gateways.bank_transfer.proofs import NO_ID, hashed, is_plain
from hostkeep.drivers.statements import BadStatement
from hostkeep.kernel.money import Money

UMSATZ = "FI-UMSATZ-ID"
REFS = "NtryDtls/TxDtls/Refs"
OWN = (
    ("AcctSvcrRef", ""), (f"{REFS}/AcctSvcrRef", ""), (UMSATZ, "fi-"), (f"{REFS}/UETR", "uetr-"),
    (f"{REFS}/TxId", "tx-"),
)  # fmt: skip
"""Where a bank's id stands, and what is put before it, so that ids of two kinds never meet."""

KINDS = {"fi-": "fi", "uetr-": "uetr", "tx-": "tx"}
"""What an id is by what is put before it; without that it is the servicer's ("servicer")."""

Read = Callable[[str], str]
"""Reads the text at a path of an entry; at FI-UMSATZ-ID, that id."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an entry says of itself.

    told   the bank's own ids, the best first
    side   CRDT or DBIT; words: what the payer wrote
    place  statement, day and place in it, by which an entry was known whose id was not looked for before
    whole  whether its file holds the whole of each day that it speaks of
    """

    account: str
    told: tuple[str, ...]
    booked_on: date
    amount: Money
    side: str
    words: str = field(repr=False)
    place: str
    whole: bool

    @property
    def best(self) -> str:
        """The bank's own id that it is known by, or an empty text."""
        return next(iter(self.told), "")

    @property
    def otherwise(self) -> tuple[str, ...]:
        """Under what it stands if another file, or we in former times, had no better id of it."""
        return tuple(f"{self.account}/{each}" for each in (*self.told[1:], self.place))

    def kinds(self, proof: str) -> tuple[tuple[str, str], ...]:
        """Return the bank's ids with their kinds, the best as the proof that was made of it."""
        if not self.told:
            return (("words", proof),)
        rest = tuple((kind_of(each), f"{self.account}/{each}") for each in self.told[1:])
        return ((kind_of(self.best), proof), *rest)

    @property
    def mark(self) -> str:
        """A digest of what it is about; equal for what is equal."""
        minor, code = self.amount.minor, self.amount.currency.code
        return hashed("\x1f".join([self.booked_on.isoformat(), str(minor), code, self.side]))

    @property
    def content(self) -> str:
        """A digest of all it says."""
        return hashed(f"{self.mark}\x1f{self.words}")


@dataclass(frozen=True, slots=True)
class Ids:
    """What an entry is known by.

    alike  under what else the very same money may stand by now
    told   kind and id of each that the bank tells of it, the best first; without one, of what stands for it
    """

    proof: str
    alike: tuple[str, ...] = ()
    told: tuple[tuple[str, str], ...] = ()


def told_ids(read: Read) -> tuple[str, ...]:
    """Return the bank's own ids of an entry, the best first."""
    said = ((kind, read(path)) for path, kind in OWN)
    found = (kind + (id_ if is_plain(id_) else hashed(id_)) for kind, id_ in said if is_id(id_))
    return tuple(dict.fromkeys(found))


def kind_of(told: str) -> str:
    """Return of which kind one of told_ids is."""
    return next((kind for head, kind in KINDS.items() if told.startswith(head)), "servicer")


def is_id(said: str) -> bool:
    """Tell whether a bank says an id, and not that it has none."""
    return bool(said) and said.upper() not in NO_ID


def ids_of(entries: list[Seen]) -> Iterator[Ids]:
    """Give each entry of a file an id that is the same whenever it is read, and no two the same one.

    An id that the bank gives to several entries of the file is one only with day and amount: in another file
    the entries may stand in another order, or one of them alone.  Where the bank gives none, day, amount and
    words are, with how often the same stood before it in the file, so that two equal transfers of a day are
    two.  That holds for files of whole days; where a file may begin or end within one, the entry's place in
    the statement is the id, and a report (camt.052) is refused, for the day's statement brings the same.
    """
    often = Counter((each.account, each.best) for each in entries)
    before: Counter[str] = Counter()
    equal: Counter[str] = Counter()
    for each in entries:
        base = f"{each.account}/{each.best or each.place}"
        before[base] += 1
        once = base if before[base] == 1 else f"{base}/again-{before[base]}"
        if each.told and often[each.account, each.best] == 1:
            yield Ids(base, (f"{base}/as-{each.mark}", *each.otherwise), each.kinds(base))
            continue
        if not each.told and not each.whole:
            yield Ids(once, (), (("place", once),))
            continue
        of = f"{base}/as-{each.mark}" if each.told else f"{each.account}/c-{each.content}"
        equal[of] += 1
        first = equal[of] == 1
        others = {once, *each.otherwise} if each.told else {once}
        others |= {base} if first and each.told else set()
        proof = of if first else f"{of}-{equal[of]}"
        yield Ids(proof, tuple(sorted(others)), each.kinds(proof))


def demand_ids(entries: list[Seen]) -> None:
    """Refuse a report with money in that has no id of the bank's.  Raises BadStatement."""
    if any(not each.told and each.side == "CRDT" for each in entries):
        raise BadStatement("ids")
