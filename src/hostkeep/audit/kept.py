"""Checkpoints kept outside the database: a file in the keyring folder that is only added to.

Who rewrites the whole database, the checkpoints in it as well, does not reach this file.  It holds the newest
LAST and the last of every month; a copy of any of them elsewhere does the same (`hostkeep audit verify`).
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

FILE = "audit-checkpoints.jsonl"
LAST = 1_000


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the file.  note: the checkpoint.  at: when it was signed."""

    note: str
    at: datetime


def folder() -> Path:
    """Return the keyring folder, made if it is missing."""
    place = Path(settings.HOSTKEEP.keyring)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def kept() -> tuple[Kept, ...]:
    """Return the checkpoints that are kept, oldest first; a line cut short by a crash is left out."""
    try:
        text = (folder() / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ()
    return tuple(_lines(text))


def keep(note: str, at: datetime) -> None:
    """Add a checkpoint; it stands on the disk when this returns."""
    with _held() as file:
        line = json.dumps({"at": at.isoformat(), "note": note}) + "\n"
        torn = b"" if _ends_well(file) else b"\n"
        os.write(file, torn + line.encode())
        os.fsync(file)
    rows = kept()
    if len(rows) > 2 * LAST:
        _shorten(rows)


def set_aside(number: int, stay: Sequence[Kept]) -> None:
    """Put the file aside under a number and begin another with the checkpoints that stay."""
    (folder() / FILE).rename(folder() / f"{FILE}.{number}")
    _write(stay)


def _lines(text: str) -> Iterator[Kept]:
    """Read what can be read."""
    for line in text.splitlines():
        try:
            told = json.loads(line)
            yield Kept(told["note"], datetime.fromisoformat(told["at"]))
        except (ValueError, KeyError, TypeError):
            continue


def _shorten(rows: Sequence[Kept]) -> None:
    """Write the file anew with the newest and the last of every month, at once or not at all."""
    months = {(row.at.year, row.at.month): row for row in rows[:-LAST]}
    _write([*months.values(), *rows[-LAST:]])


def _write(stay: Sequence[Kept]) -> None:
    """Write the file anew, at once or not at all."""
    fresh = folder() / f"{FILE}.{os.getpid()}.new"
    handle = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        for row in stay:
            file.write(json.dumps({"at": row.at.isoformat(), "note": row.note}) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder() / FILE)


@contextmanager
def _held() -> Iterator[int]:
    """Hold the file for adding, one process at a time."""
    handle = os.open(folder() / FILE, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _ends_well(file: int) -> bool:
    """Say whether the file is empty or ends with a line's end."""
    size = os.fstat(file).st_size
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"
