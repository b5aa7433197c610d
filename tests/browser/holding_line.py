"""A line to a daemon's socket that can lose answers: what was asked is done, and nobody hears of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

LARGEST = 65536


@dataclass(slots=True)
class HoldingLine:
    """Relays between a socket of its own and the daemon's.

    losing  while set, no answer to a request that makes a container comes back
    asked   set as soon as such a request went through
    """

    path: Path
    daemon: str
    losing: threading.Event = field(default_factory=threading.Event)
    asked: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket) -> None:
        """Take callers until the listener is closed."""
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=(caller,), daemon=True).start()

    def _join(self, caller: socket.socket) -> None:
        with caller, socket.socket(socket.AF_UNIX) as daemon:
            daemon.connect(self.daemon)
            lost = threading.Event()
            back = threading.Thread(target=self._back, args=(daemon, caller, lost), daemon=True)
            back.start()
            with suppress(OSError):
                while piece := caller.recv(LARGEST):
                    if self.losing.is_set() and piece.startswith(b"POST /1.0/instances"):
                        lost.set()
                        self.asked.set()
                    daemon.sendall(piece)
                daemon.shutdown(socket.SHUT_WR)
            back.join(120)

    @staticmethod
    def _back(daemon: socket.socket, caller: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError):
            while piece := daemon.recv(LARGEST):
                if not lost.is_set():
                    caller.sendall(piece)
            if not lost.is_set():
                caller.shutdown(socket.SHUT_WR)


@contextmanager
def holding_line(path: Path, daemon: str) -> Iterator[HoldingLine]:
    """Open such a line while the block lasts."""
    line = HoldingLine(path, daemon)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(16)
        threading.Thread(target=line.serve, args=(listener,), daemon=True).start()
        yield line
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
