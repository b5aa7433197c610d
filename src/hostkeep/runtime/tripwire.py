"""A tripwire inside the process: it sees connections, look-ups and programs that nobody declared.

It is evidence and no boundary: code in C, and whoever runs statements as our process, passes it unseen.  The
boundary is the network rules (network_rules.py), which the kernel holds.  What the tripwire sees becomes an
alarm within seconds, so that a library which calls home is found before it is forgotten.
Source: PEP 578.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from queue import SimpleQueue
from threading import Thread
from typing import Any

import structlog
from django.db import DatabaseError, connections

from hostkeep.runtime.destinations import ANY, Declared, declared, is_going, is_local_name

log = structlog.get_logger()

CONNECT, LOOK_UP, PROGRAM = "socket.connect", "socket.getaddrinfo", "subprocess.Popen"
EVENTS = frozenset({CONNECT, LOOK_UP, PROGRAM})

MOST_KNOWN = 1000
"""Different sightings that one process reports; beyond them it has been shouting long enough."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something undeclared.

    what   "connect", "look_up" or "program"
    where  "address:port", a name, the file name of a socket, or the name of a program
    """

    what: str
    where: str


class Tripwire:
    """An audit hook.  Judges in the thread that acts, reports from one of its own; never raises there.

    What is declared may change while a process runs: a sighting is judged again by what is declared when it
    is about to be reported.
    """

    def __init__(self, found: Declared, report: Callable[[Sighting], None]) -> None:
        self.learn(found)
        self.report = report
        self.known: set[Sighting] = set()
        self.waiting: SimpleQueue[tuple[str, tuple[Any, ...]]] = SimpleQueue()

    def learn(self, found: Declared) -> None:
        """Judge by this from now on."""
        self.names = frozenset(each.host for each in found.hosts)
        self.places = frozenset((each.host, each.port) for each in found.hosts)
        self.any_ports = frozenset(each.port for each in found.hosts if each.host == ANY)
        self.paths = found.paths
        self.programs = found.programs | {PurePath(sys.executable).name}

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        """Look at one event.  Source: PEP 578, sys.addaudithook."""
        if event not in EVENTS:
            return
        sighting = self.judge(event, args)
        if sighting is not None and sighting not in self.known and len(self.known) < MOST_KNOWN:
            self.known.add(sighting)
            self.waiting.put((event, (None, args[1]) if event == CONNECT else args[:1]))

    def judge(self, event: str, args: tuple[Any, ...]) -> Sighting | None:
        """Say what is undeclared about an event, or nothing."""
        if event == PROGRAM:
            name = PurePath(_text(args[0])).name
            return None if name in self.programs else Sighting("program", name)
        if event == LOOK_UP:
            host = _text(args[0])
            return None if self._is_known_name(host) else Sighting("look_up", host)
        return self._judge_address(args[1])

    def _judge_address(self, address: Any) -> Sighting | None:
        """Judge where a socket connects to: a pair or more of host and port, or the name of a file."""
        if not isinstance(address, tuple):
            path = _text(address)
            fine = any(path == known or path.startswith(f"{known}/") for known in self.paths)
            return None if fine else Sighting("connect", path)
        host, port = _text(address[0]), int(address[1])
        declared = port in self.any_ports or (host, port) in self.places or is_going(host, port)
        if declared or _is_loopback(host):
            return None
        return Sighting("connect", f"{host}:{port}")

    def _is_known_name(self, host: str) -> bool:
        """Say whether a name may be looked up: a declared one, this machine's, or no name but an address."""
        return not host or host in self.names or is_local_name(host) or _is_address(host)

    def tell(self) -> None:
        """Report sightings as they come, for ever."""
        while True:
            self.tell_one()

    def tell_one(self) -> None:
        """Wait for one sighting, and report it if it is still undeclared."""
        event, args = self.waiting.get()
        try:
            self.learn(declared())
        except DatabaseError as error:
            log.warning("tripwire.not_refreshed", code=type(error).__name__)
        finally:
            connections.close_all()
        sighting = self.judge(event, args)
        if sighting is not None:
            self.report(sighting)


_reporters: list[Callable[[Sighting], None]] = []


def reported_to(fn: Callable[[Sighting], None]) -> None:
    """Say who takes sightings.  Called once at start, by the composition root.

    fn  called once for each different sighting, in a thread of its own; must not raise
    """
    _reporters[:] = [fn]


def arm() -> Tripwire:
    """Watch this process from now on; it cannot be taken back."""
    wire = Tripwire(declared(), _report)
    Thread(target=wire.tell, name="tripwire", daemon=True).start()
    sys.addaudithook(wire)
    return wire


def _report(sighting: Sighting) -> None:
    """Tell who takes sightings."""
    for report in _reporters:
        report(sighting)


def _text(value: Any) -> str:
    """Return a name that may come as bytes, as a path or not at all."""
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _is_address(host: str) -> bool:
    """Say whether a host is written as an address."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    """Say whether a host is this machine: its loopback, or a name that stands for it."""
    if not _is_address(host):
        return host == "" or is_local_name(host)
    return ipaddress.ip_address(host.partition("%")[0]).is_loopback
