"""Where a run of the tests keeps its data: in memory where there is room, else in /tmp.

Every test that truly commits makes a database of a thousand files and throws it away again.  ext4 does not hand out
the inodes of files that were removed a moment ago: it looks at each of them first, which took most of such a test.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

from hostkeep.runtime import postgres

PREFIX = "hkt-"
MEMORY = Path("/dev/shm")
ROOM = 4 * 1024**3
"""Bytes that must be free, of the disk in memory and of the memory itself.  A server keeps up to a gibibyte of its
own log of changes; a database takes 15 MiB, and there are as many at once as tests that commit."""
MOST_CONNECTIONS = 400
"""Each hand of a race has two connections, the book's own among them; and two workers may race fifty hands each."""
OWNER = "owner"
"""The file that says which process began a run: its id and when that process started."""


def make() -> Path:
    """Make the folder of a run, after the folders in memory are gone whose run was killed."""
    in_memory = _has_room()
    if in_memory:
        _clear()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=MEMORY if in_memory else "/tmp"))
    (folder / OWNER).write_text(f"{os.getpid()} {psutil.Process().create_time()}")
    return folder


def remove(folder: Path) -> None:
    """Stop the server of a run and remove its folder; of one that is not a run's, nothing."""
    if not folder.name.startswith(PREFIX):
        return
    server = folder / "server" / "postgres"
    with suppress(OSError, psutil.Error):
        pid = int((server / "postmaster.pid").read_text().split("\n", 1)[0])
        if Path(psutil.Process(pid).cwd()) == server:
            postgres.stop(postgres.Server(server, pid))
    shutil.rmtree(folder, ignore_errors=True)


def _has_room() -> bool:
    """Say whether the memory has room for a run."""
    if not os.access(MEMORY, os.W_OK):
        return False
    return min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) >= ROOM


def _clear() -> None:
    """Remove what runs left in memory whose process is gone."""
    for folder in MEMORY.glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            pid, began = (folder / OWNER).read_text().split()
            if not _lives(int(pid), float(began)):
                remove(folder)


def _lives(pid: int, began: float) -> bool:
    """Say whether a process is still the one that began then."""
    try:
        return bool(psutil.Process(pid).create_time() == began)
    except psutil.NoSuchProcess:
        return False
