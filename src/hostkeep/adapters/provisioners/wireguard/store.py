"""Where the peer file lies, and how it is changed: under a lock, whole or not at all."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hostkeep.adapters.provisioners.wireguard.keys import new_pair
from hostkeep.adapters.provisioners.wireguard.peers import Server, parse, render


class Store:
    """The peer file of one server.

    folder  made with mode 0700 if it is not there; the files in it have mode 0600
    """

    def __init__(self, folder: str, interface: str, port: int) -> None:
        self.folder = Path(folder)
        self.path = self.folder / f"{interface}.conf"
        self.port = port

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process of ours out while the block runs.  Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def read(self) -> Server:
        """Return what stands, a new server with a new key if nothing does.  Raises DamagedFile, OSError."""
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return Server(new_pair().private, self.port, ())
        return replace(parse(text), port=self.port)

    def write(self, server: Server) -> None:
        """Put a new file in the old one's place: readers see one or the other.  Raises OSError."""
        draft = self.path.with_suffix(".tmp")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(render(server))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
