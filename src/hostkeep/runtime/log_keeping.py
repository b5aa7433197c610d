"""How log files end: set aside, emptied, removed, and lines about somebody made blank.

A process that has its file open goes on writing into it whatever happens here: a file is never renamed under
a writer.  Its text is copied aside and the file cut to nothing.  A writer that appends begins anew; one that
does not leaves a hole before its next line, which holds nothing and takes no room.  A line that is written
between the copy and the cut is lost.

Whoever cuts a file or writes blanks into it holds its lock (flock) from the first look to the last byte, so
that blanks never fall on lines that were written after a cut.  Writers take no lock: they only add.
"""

from __future__ import annotations

import fcntl
import gzip
import os
import re
import shutil
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, cast

ASIDE = re.compile(r"[.-](\d[\d.TZ-]*|old|gz|xz|zst|bz2)$")
"""How files that nobody writes into any more are called, ours and those of the usual tools."""

TIMES = re.compile(rb"\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")
"""A time in a line.  All that write here write in UTC."""

STAMP = "%Y%m%dT%H%M%SZ"
HANDLES = re.compile(rb"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
OLDEST = datetime(1, 1, 1, tzinfo=UTC)
TORN = (OSError, EOFError, zlib.error)
"""What a file raises that cannot be read or does not unpack."""

PIECE = 1_000_000
"""So many bytes of a line are in memory at once."""

LONGEST_HANDLE = 36
"""Characters of a UUID with its dashes."""

LOOKED_AT = 1_000_000
"""How many bytes of a file are looked through for its first time."""


def is_aside(path: Path) -> bool:
    """Say whether nobody writes into a file any more, by its name."""
    return ASIDE.search(path.name) is not None


def oldest(path: Path) -> datetime | None:
    """Return when the first line of a file was written, or None where it is empty.

    Lines without a time count as written with the next that has one.  A file in which none has, or that does
    not unpack, says when it was written last.  What we may not read is as old as can be: nobody can tell.
    """
    try:
        if _is_empty(path):
            return None
        with _reading(path) as file:
            for line in file.readlines(LOOKED_AT):
                if found := TIMES.search(line):
                    return _time(found)
    except PermissionError:
        return OLDEST
    except FileNotFoundError:
        return None
    except TORN:
        pass
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def tells_no_time(path: Path) -> bool:
    """Say whether a file has lines and none of the first ones tells its time."""
    try:
        with _reading(path) as file:
            lines = file.readlines(LOOKED_AT)
    except TORN:
        return False
    return any(line.strip(b"\0 \n") for line in lines) and not any(map(TIMES.search, lines))


def set_aside(path: Path, at: datetime) -> Path:
    """Copy a file beside itself under a name with a time, and cut it to nothing; return the copy.

    at  the machine's time
    The copy has the rights of the file.  Raises OSError.
    """
    aside = path.with_name(f"{path.name}.{at.astimezone(UTC).strftime(STAMP)}")
    handle = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, path.stat().st_mode & 0o777)
    with _alone(path) as file, os.fdopen(handle, "wb") as copy:
        _skip_hole(file)
        shutil.copyfileobj(file, copy)
        copy.flush()
        os.fsync(copy.fileno())
        shutil.copyfileobj(file, copy)
        file.truncate(0)
    return aside


def end(path: Path) -> None:
    """Remove a file that nobody writes into, cut any other to nothing.  Raises OSError."""
    if is_aside(path):
        path.unlink(missing_ok=True)
        return
    with _alone(path) as file:
        file.truncate(0)


def count_lines(path: Path, handles: frozenset[str], words: Sequence[str]) -> int:
    """Count the lines in which a handle or a word stands.  handles: UUIDs as texts."""
    with _reading(path) as file:
        return sum(1 for _ in _lines_about(file, handles, words))


def blank_lines(path: Path, handles: frozenset[str], words: Sequence[str]) -> int:
    """Write blanks over the lines in which a handle or a word stands; return how many.  Raises OSError.

    The file keeps its length, so whoever writes into it notices nothing.  A packed file that has one goes.
    """
    found = 0
    if path.suffix == ".gz":
        found = count_lines(path, handles, words)
        if found:
            path.unlink(missing_ok=True)
        return found
    with _alone(path) as file:
        _skip_hole(file)
        for start, length in _lines_about(file, handles, words):
            os.pwrite(file.fileno(), b" " * length, start)
            found += 1
    return found


def older(path: Path, than: timedelta, now: datetime) -> bool:
    """Say whether the first line of a file is older than a term."""
    first = oldest(path)
    return first is not None and first <= now - than


def _lines_about(
    file: IO[bytes], handles: frozenset[str], words: Sequence[str]
) -> Iterator[tuple[int, int]]:
    """Give where the lines about somebody begin, and how long they are without their end.

    A line longer than PIECE is looked at in pieces, each with the end of the one before: of such a line the
    pieces are given in which somebody stands, and never more than one is in memory.
    """
    wanted = frozenset(handle.replace("-", "").lower().encode() for handle in handles)
    texts = [word.encode() for word in words if word]
    overlap = max([LONGEST_HANDLE, *map(len, texts)])
    start, tail = file.tell(), b""
    while piece := file.readline(PIECE):
        seen = tail + piece
        told = any(found.replace(b"-", b"").lower() in wanted for found in HANDLES.findall(seen))
        if told or any(text in seen for text in texts):
            yield start - len(tail), len(seen.rstrip(b"\n"))
        start += len(piece)
        tail = b"" if told or piece.endswith(b"\n") else seen[-overlap:]


@contextmanager
def _alone(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to change it, when nobody else of us does.  Raises OSError."""
    with path.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading its lines, unpacked; past the hole that it may begin with."""
    if path.suffix == ".gz":
        with gzip.open(path, "rb") as packed:
            yield cast("IO[bytes]", packed)
        return
    with path.open("rb") as file:
        _skip_hole(file)
        yield file


def _skip_hole(file: IO[bytes]) -> None:
    """Go to the first byte that was written.  A file that is all hole is left at its end."""
    try:
        file.seek(os.lseek(file.fileno(), 0, os.SEEK_DATA))
    except OSError:
        file.seek(0, os.SEEK_END)


def _is_empty(path: Path) -> bool:
    """Say whether nothing is written in a file."""
    with _reading(path) as file:
        return not file.read(1)


def _time(found: re.Match[bytes]) -> datetime:
    """Read a time."""
    return datetime.fromisoformat(f"{found[1].decode()}T{found[2].decode()}").replace(tzinfo=UTC)
