"""Changing the keyring folder: a new epoch, a switch of what is written under, the end of an old one.

Each step leaves a folder that every process can work with, and can be taken again after a crash.  A key that
ended leaves a copy in the escrow folder, where the operator has one, until the policy's window is over.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from hostkeep.vault import erasure_ledger, keys

PASSES = 3
"""How often a key file is written over before it is unlinked.

A journal, a snapshot or a flash disk may keep older blocks whatever we write: the keyring belongs on a disk
that is encrypted itself and is not in any snapshot.
"""


@contextmanager
def alone() -> Iterator[None]:
    """Keep every other process, on other machines too, from changing the folder.  Raises BlockingIOError."""
    handle = os.open(keys.ring().place / "roll.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def begin() -> int:
    """Put a new epoch beside the one that is written under, unless one is there; return its number."""
    now = keys.ring()
    newest = max(keys.epochs_in(now.place))
    if newest <= now.writes:
        newest = max(newest, *(number for number, _ in escrowed()), 0) + 1
        keys.write_key(now.place / keys.key_name(newest), secrets.token_bytes(keys.KEY_BYTES))
    if newest not in now.epochs:
        keys.write_list(now.place, reads=(*now.epochs, newest), writes=now.writes, over_another=now)
    return newest


def switch(epoch: int) -> None:
    """Write under an epoch that is read already."""
    now = keys.ring()
    if now.writes != epoch:
        keys.write_list(now.place, reads=now.epochs, writes=epoch, over_another=now)


def readmit(epoch: int) -> bool:
    """Take a copy in escrow back into the folder, to be read alone; say whether there was one."""
    now = keys.ring()
    if epoch in now.epochs:
        return True
    for number, copy in escrowed():
        if number == epoch:
            key = copy.read_bytes()
            destroy(now.place / keys.key_name(epoch))  # on no list: what a crash left, or somebody's
            keys.write_key(now.place / keys.key_name(epoch), key)
            keys.write_list(now.place, reads=(*now.epochs, epoch), writes=now.writes, over_another=now)
            return True
    return False


def end(epochs: tuple[int, ...]) -> None:
    """Destroy keys that nothing is sealed under any more: off the list first, then written over and unlinked.

    A copy goes into escrow before, where there is an escrow folder.
    """
    now = keys.ring()
    going = tuple(n for n in epochs if n != now.writes)
    for epoch in going:
        _into_escrow(now.place / keys.key_name(epoch))
    left = tuple(n for n in now.epochs if n not in going)
    if left != now.epochs:
        keys.write_list(now.place, reads=left, writes=now.writes, over_another=now)
    sweep()


def sweep() -> None:
    """Destroy key files that are older than what is written under and on no list: what a crash left."""
    now = keys.ring()
    for epoch in keys.epochs_in(now.place):
        if epoch not in now.epochs and epoch < now.writes:
            destroy(now.place / keys.key_name(epoch))


def destroy(path: Path) -> None:
    """Write a file over, unlink it, and wait until the disk has both.  One that is gone is fine."""
    try:
        handle = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return
    try:
        length = os.fstat(handle).st_size
        for _ in range(PASSES):
            os.pwrite(handle, secrets.token_bytes(length), 0)
            os.fsync(handle)
    finally:
        os.close(handle)
    path.unlink(missing_ok=True)
    keys.sync(path.parent)


def escrow_folder() -> Path | None:
    """Return where copies of ended keys are kept for old backups, or None: then old backups stay shut."""
    said: Path | None = settings.HOSTKEEP.keyring_escrow
    return said


def escrowed() -> tuple[tuple[int, Path], ...]:
    """Return the epochs in escrow and their files, oldest first."""
    place = escrow_folder()
    if place is None or not place.is_dir():
        return ()
    return tuple((n, place / keys.key_name(n)) for n in keys.epochs_in(place))


def _into_escrow(key: Path) -> None:
    """Copy a key that is about to end; the copy's own time says when it ended."""
    place = escrow_folder()
    if place is None or not key.exists():
        return
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.chmod(0o700)
    keys.write_key(place / key.name, key.read_bytes())


def end_escrow(*, older_than: datetime) -> int:
    """Destroy the copies that came into escrow before a time; return how many."""
    gone = 0
    for _, copy in escrowed():
        if datetime.fromtimestamp(copy.stat().st_mtime, UTC) < older_than:
            destroy(copy)
            gone += 1
    return gone


def begun_at() -> datetime:
    """Return when the epoch that is written under was made, by its file."""
    now = keys.ring()
    return datetime.fromtimestamp((now.place / keys.key_name(now.writes)).stat().st_mtime, UTC)


def readable() -> tuple[int, ...]:
    """Return the epochs that may be read, the one that is written under first."""
    return keys.epochs()


def files_to_keep() -> tuple[Path, ...]:
    """Return the files that a copy elsewhere needs: keys, their list and the erasure ledger."""
    now = keys.ring()
    paths = [now.place / keys.key_name(n) for n in now.epochs]
    paths += [now.place / keys.LIST, erasure_ledger.path()]
    return tuple(path for path in paths if path.exists())
