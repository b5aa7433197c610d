"""The erasure ledger: a file beside the keys that outlives the database, so that a restored one can catch up.

One JSON line an erasure, numbered from 1: random handles of keys and values, never a person's.  Each line
holds the SHA-256 of the one before, so that a line taken out or altered is noticed.  Lines are added, never
changed; a line that was cut off by a crash was never told to anybody and is dropped.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from hostkeep.kernel.errors import Foreseen
from hostkeep.kernel.words import gettext_noop
from hostkeep.vault import keys

NAME = "erasures.jsonl"


class LedgerBroken(Foreseen):
    """The erasure ledger was cut, altered or lost."""

    code = "vault.erasure_ledger.broken"
    title = gettext_noop(
        "The erasure ledger beside the keys was cut, altered or lost: what was erased could come back. "
        "Put the right file back before you start. ({why})"
    )
    status = 503


@dataclass(frozen=True, slots=True)
class Line:
    """One erasure as the ledger keeps it.

    number   from 1, without gaps
    erasure  handle of the certificate
    keys     handles of the data keys that were destroyed
    items    handles of single values that were deleted
    head     SHA-256 of the line, hex
    """

    number: int
    at: datetime
    erasure: UUID
    keys: tuple[UUID, ...]
    items: tuple[UUID, ...]
    head: str


@dataclass(frozen=True, slots=True)
class Head:
    """How long the ledger is.  head: SHA-256 of its last line, hex; empty for an empty ledger."""

    number: int
    head: str


EMPTY = Head(0, "")


def path() -> Path:
    """Return where the ledger lies."""
    return keys.folder() / NAME


def size() -> int:
    """Return the ledger's length in bytes, by one stat."""
    try:
        return path().stat().st_size
    except FileNotFoundError:
        return 0


def head() -> Head:
    """Return the ledger's end, from its last line alone.  Raises LedgerBroken."""
    try:
        with path().open("rb") as file:
            last = _last_line(file.fileno())
    except FileNotFoundError:
        return EMPTY
    return _end_of(last)


def lines_after(number: int, expected: str) -> Iterator[Line]:
    """Yield the lines after a number, in order.

    number    how many lines are known already
    expected  the known last line's SHA-256
    Raises LedgerBroken where the chain does not hold, from the first line on, or is shorter than number.
    """
    known, before = 0, ""
    with _reading() as text:
        for raw in text:
            if not raw.endswith(b"\n"):
                break  # cut off while it was written
            line = _parsed(raw, known + 1, before)
            known, before = line.number, line.head
            if known == number and before != expected:
                raise LedgerBroken(why=f"line {number} is another one")
            if known > number:
                yield line
    if known < number:
        raise LedgerBroken(why=f"{known} lines where this database knows {number}")


@contextmanager
def _reading() -> Iterator[Iterator[bytes]]:
    """Open the ledger to read; one that is not there has no lines."""
    try:
        file = path().open("rb")
    except FileNotFoundError:
        yield iter(())
        return
    with file:
        yield iter(file)


@contextmanager
def alone() -> Iterator[None]:
    """Keep every other process, on other machines too, from adding a line.

    Take the lock of the keyring's row in the database first, never after: else two could wait for each other.
    """
    place = keys.ring().place
    handle = os.open(place / f"{NAME}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def add(*, at: datetime, erasure: UUID, data_keys: Sequence[UUID], items: Sequence[UUID] = ()) -> Line:
    """Add a line; it stands on the disk when this returns.  Call inside alone().  Raises LedgerBroken."""
    handle = os.open(path(), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        last = _drop_cut_off(handle)
        end = _end_of(last)
        body = {
            "number": end.number + 1,
            "at": at.isoformat(),
            "erasure": str(erasure),
            "keys": sorted(str(one) for one in data_keys),
            "items": sorted(str(one) for one in items),
            "before": end.head,
        }
        raw = json.dumps(body, separators=(",", ":")).encode() + b"\n"
        os.lseek(handle, 0, os.SEEK_END)
        _write_all(handle, raw)
        os.fsync(handle)
    finally:
        os.close(handle)
    if end.number == 0:
        keys.sync(path().parent)
    return _parsed(raw, end.number + 1, end.head)


def _write_all(handle: int, raw: bytes) -> None:
    """Write every byte."""
    while raw:
        raw = raw[os.write(handle, raw) :]


def _drop_cut_off(handle: int) -> bytes:
    """Cut off an unfinished last line; return the last whole one."""
    length = os.fstat(handle).st_size
    last = _last_line(handle)
    if length and os.pread(handle, 1, length - 1) != b"\n":
        start = length
        while start and os.pread(handle, 1, start - 1) != b"\n":
            start -= 1
        os.ftruncate(handle, start)
    return last


def _last_line(handle: int, chunk: int = 65536) -> bytes:
    """Return the last whole line of an open file, empty if there is none."""
    length = os.fstat(handle).st_size
    start, tail = length, b""
    while start and tail.count(b"\n") < 2:  # noqa: PLR2004  the end of the line before, and its own
        step = min(chunk, start)
        start -= step
        tail = os.pread(handle, step, start) + tail
    whole = tail[: tail.rfind(b"\n") + 1]
    return whole.rstrip(b"\n").rpartition(b"\n")[2] + b"\n" if whole else b""


def _end_of(raw: bytes) -> Head:
    """Return the end that a last line makes.  Raises LedgerBroken."""
    if not raw:
        return EMPTY
    try:
        return Head(int(json.loads(raw)["number"]), _sum(raw))
    except (ValueError, KeyError, TypeError):
        raise LedgerBroken(why="its last line is not readable") from None


def _parsed(raw: bytes, number: int, before: str) -> Line:
    """Read one line that must have a number and follow another.  Raises LedgerBroken."""
    try:
        told = json.loads(raw)
        line = Line(
            number=int(told["number"]),
            at=datetime.fromisoformat(told["at"]),
            erasure=UUID(told["erasure"]),
            keys=tuple(UUID(one) for one in told["keys"]),
            items=tuple(UUID(one) for one in told["items"]),
            head=_sum(raw),
        )
        follows = line.number == number and told["before"] == before
    except (ValueError, KeyError, TypeError):
        raise LedgerBroken(why=f"line {number} is not readable") from None
    if not follows:
        raise LedgerBroken(why=f"line {number} does not follow the one before it")
    return line


def _sum(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
