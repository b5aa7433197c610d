"""What must hold between the policies and the book, before anything starts.

Both ways: no clause of ours without a control (or a place on the list of what is not built yet), and no
control without a clause.  A policy of somebody else's may have clauses of its own: of these the book knows
nothing, the ledger shows them grey, and that is no error.  Why: docs/decisions/2026-11-26-foreign-clauses.md.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.ids import ClauseId
from hostkeep.policy.book import Clause
from hostkeep.policy.compile import compile_policy
from hostkeep.promises.book import CONTROLS
from hostkeep.promises.control import Control
from hostkeep.promises.unbuilt import NOT_BUILT_YET

PROSE = "prose"
SHIPPED = ("photonvps", "vietnam-server", "vpn", "vps6", "vpsfast")
"""The brands that come with the program."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not fit.

    id    of the Django system check, "promises.E002"
    what  a sentence
    hint  what to do
    """

    id: str
    what: str
    hint: str


def faults_of(
    clauses: Iterable[Clause],
    *,
    book: Mapping[ClauseId, Control] = CONTROLS,
    unbuilt: Collection[ClauseId] = NOT_BUILT_YET,
) -> tuple[Fault, ...]:
    """Return what does not fit between the shipped policies' clauses and the book, both ways.

    clauses  of all shipped policies
    """
    promised = {clause.id for clause in clauses if clause.kind != PROSE}
    return (
        *book_faults(book=book, unbuilt=unbuilt),
        *_each("E001", promised - {*book, *unbuilt}, "has neither a control nor a place on the list", _LIST),
        *_each("E002", {*book} - promised, "has a control, but no shipped policy promises it", _DROP),
        *_each("E003", {*unbuilt} - promised, "is on the list, but no shipped policy promises it", _DROP),
    )


def book_faults(
    *, book: Mapping[ClauseId, Control] = CONTROLS, unbuilt: Collection[ClauseId] = NOT_BUILT_YET
) -> tuple[Fault, ...]:
    """Return what does not fit in the book itself: what can be told without any policy at hand."""
    bare = {clause for clause, c in book.items() if not (c.state and c.sample and c.probe)}
    lost = {clause for clause, control in book.items() if not _stands(control.symbol)}
    return (
        *_each("E004", {*book} & {*unbuilt}, "is built and on the list as well", _OFF),
        *_each("E005", lost, "names a control that does not import", _SYMBOL),
        *_each("E006", bare, "lacks a state, a sample or a probe", _PARTS),
    )


def faults_of_tree(brands: Path) -> tuple[Fault, ...]:
    """Return what does not fit in a source tree whose folder of brands holds the shipped ones.

    Elsewhere, and where one was taken away or does not compile, only the book itself is looked at: the
    policies there are the operator's own business.
    """
    files = [brands / slug / "policy.yaml" for slug in SHIPPED]
    ours = brands.parent / "src" / "hostkeep" / "promises" == Path(__file__).parent
    if not ours or not all(file.exists() for file in files):
        return book_faults()
    try:
        policies = [compile_policy(f.read_text(encoding="utf-8"), file=str(f)) for f in files]
    except Foreseen:
        return book_faults()
    return faults_of(clause for policy in policies for clause in policy.clauses)


def foreign(clauses: Iterable[Clause]) -> tuple[ClauseId, ...]:
    """Return the clauses of a policy that the ledger shows grey for good: no control of ours knows them."""
    return tuple(c.id for c in clauses if c.kind != PROSE and c.id not in {*CONTROLS, *NOT_BUILT_YET})


_LIST = "Give it a line in promises/book.py, or put it into promises/unbuilt.py until it has one."
_OFF = "Take it off the list."
_SYMBOL = "Correct its symbol in promises/book.py."
_PARTS = "Give it one of each in promises/book.py."
_DROP = "Remove it from promises/book.py and promises/unbuilt.py, or promise it in a policy."


def _each(number: str, clauses: Iterable[ClauseId], what: str, hint: str) -> Iterator[Fault]:
    """Make a fault of each clause."""
    for clause in sorted(clauses):
        yield Fault(f"promises.{number}", f"{clause} {what}.", hint)


def _stands(symbol: str) -> bool:
    """Say whether a dotted name is something that can be imported: of a module, or of a class in it."""
    module, _, name = symbol.rpartition(".")
    try:
        return callable(getattr(importlib.import_module(module), name))
    except (ImportError, AttributeError, ValueError):
        return False
