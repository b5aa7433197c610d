"""The one way out that a driver is handed: it never opens a socket of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class LineBroke(Exception):
    """The other side did not answer, or not in full: it may or may not have acted."""


class HostRefused(Exception):
    """The host is not one that the driver's manifest declares."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer.  headers: lower-case names.  body: at most 5 MB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished program.  out: its standard output."""

    code: int
    out: bytes
    err: bytes


class Wire(Protocol):
    """Requests and programs, bounded in time and counted."""

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """Make one HTTP request, no redirects.  Raises LineBroke, HostRefused."""
        ...

    def run(self, argv: Sequence[str], *, stdin: bytes, seconds: float) -> Ran:
        """Run a program that the manifest names, never through a shell.  Raises LineBroke, HostRefused."""
        ...
