"""Catching up with the erasure ledger: what a restored or crashed database has not carried out yet.

Until a process has seen that the database is as far as the ledger, it serves and works nothing (is_open).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from uuid import UUID

from django.db import connection, transaction

from hostkeep.kernel.act import Act
from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.vault import destroying, erasure_ledger
from hostkeep.vault.erasure_ledger import LedgerBroken
from hostkeep.vault.models import Keyring
from hostkeep.vault.wall import opened

AT_ONCE = 200
"""Lines carried out in one transaction."""


class Maintenance(Foreseen):
    """The database is behind the erasure ledger."""

    code = "vault.maintenance"
    title = gettext_noop("Maintenance: what was erased is being erased in the restored data as well.")
    status = 503


_open: list[bool] = []


def is_open() -> bool:
    """Say whether this process may serve: it saw once that database and ledger are equally far.

    Asks the database until the answer is yes.  Raises LedgerBroken where the ledger was cut or changed.
    """
    if not _open and behind() == 0:
        _open.append(True)
    return bool(_open)


def close() -> None:
    """Let this process ask again before it serves."""
    _open.clear()


def demand_open() -> None:
    """Raise Maintenance where the database is behind the ledger."""
    if not is_open():
        raise Maintenance


def behind() -> int:
    """Return how many lines of the ledger the database has not carried out, those that are stuck among them.

    Raises LedgerBroken as unseen.
    """
    return unseen() + len(stuck_lines())


def stuck_lines() -> Mapping[int, UUID]:
    """Return the lines that this database could not carry out: number -> the certificate's handle."""
    with opened():
        row = Keyring.objects.filter(id=1).first()
    return {int(number): UUID(handle) for number, handle in row.stuck.items()} if row else {}


def unseen() -> int:
    """Return how many lines of the ledger the database has not come to yet.

    Raises LedgerBroken where the database knows more of them than there are, or another last one.
    """
    with opened():
        row = Keyring.objects.filter(id=1).first()
    known, known_head = (row.replayed, row.replayed_head) if row else (0, "")
    end = erasure_ledger.head()
    if end.number < known:
        raise LedgerBroken(why=f"{end.number} lines where this database knows {known}")
    if end.number == known and end.head != known_head:
        raise LedgerBroken(why=f"line {known} is another one")
    return end.number - known


def catch_up(act: Act) -> int:
    """Carry out what the ledger has and the database has not, in batches; return how many lines.

    A batch is one transaction, so that a crash loses nothing and does nothing twice.  A line that cannot be
    carried out is gone past: the database stays behind by it, and so closed to every process that asks
    (is_open).  While this process is closed it is tried again here; else by the minute's work.
    Raises LedgerBroken.
    """
    done, before = 0, stuck_lines()
    while unseen():
        with transaction.atomic():
            now = step(act, destroying.lock(), most=AT_ONCE)
        if not now:
            break  # somebody else was faster
        done += now
    done -= len(stuck_lines().keys() - before.keys())
    return done if _open else done + (retry(act) if before else 0)


def retry(act: Act) -> int:
    """Try the lines again that could not be carried out, each by itself; return how many went.

    Raises LedgerBroken.
    """
    stuck = stuck_lines()
    if not stuck:
        return 0
    lines = [line for line in erasure_ledger.lines_after(0, "") if line.number in stuck]
    return sum(_tried(act, line) for line in lines)


def _tried(act: Act, line: erasure_ledger.Line) -> bool:
    """Try one line again; say whether it was carried out now."""
    with transaction.atomic():
        row = destroying.lock()
        return str(line.number) in row.stuck and destroying.go_past(act, row, line)


def step(act: Act, row: Keyring, *, most: int) -> int:
    """Carry out up to so many lines in the running transaction, past those that cannot be; return how many.

    row  the keyring's, locked
    Raises LedgerBroken.
    """
    end = erasure_ledger.head()
    if end == erasure_ledger.Head(row.replayed, row.replayed_head):
        return 0
    if not connection.in_atomic_block:
        raise RuntimeError("the keyring's row is not locked")
    count = 0
    for line in islice(erasure_ledger.lines_after(row.replayed, row.replayed_head), most):
        destroying.go_past(act, row, line)
        destroying.advance(row, line)
        count += 1
    return count
