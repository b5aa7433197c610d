"""Where this house may connect to: declared by drivers' manifests and the set-up, and by nothing else.

The composition root says what is declared; the egress client, the tripwire and the network rules all read it
here.  A name is resolved here too, so that what was checked is what is connected to.
"""

from __future__ import annotations

import ipaddress
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from hostkeep.drivers.wire import HostRefused, LineBroke

Address = tuple[str, int]
"""An IP address as text, and a port."""

ANY = "*"
"""The host of a destination that is any public host."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Somewhere that something of ours connects to.

    driver  who does
    host    name or address; ANY: any public host
    port    TCP
    why     one plain sentence, for the rules' comments
    brands  slugs of the brands that use it
    needed  whether rules without it would be wrong; else it is left out while its name has no address
    """

    driver: str
    host: str
    port: int
    why: str
    brands: tuple[str, ...] = ()
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Declared:
    """All that is declared.

    hosts     where TCP connections go
    paths     sockets of this machine, as file names; a folder stands for what lies in it
    programs  names of programs that may be run
    left_out  drivers that no policy lets out, each with the reason
    """

    hosts: tuple[Destination, ...] = ()
    paths: frozenset[str] = frozenset()
    programs: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()


_known: list[Callable[[], Declared]] = []
_going: Counter[Address] = Counter()
_lock = Lock()


def known_by(fn: Callable[[], Declared]) -> None:
    """Say who knows what is declared.  Called once at start, by the composition root."""
    _known[:] = [fn]


def declared() -> Declared:
    """Return what is declared now."""
    return _known[0]() if _known else Declared()


def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Return the addresses of a host.  Names under localhost are the loopback, whatever a resolver says.

    Raises LineBroke where there is none.  Source: RFC 6761 section 6.3.
    """
    if is_local_name(host):
        return (("127.0.0.1", port),)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise LineBroke("no address") from None
    return tuple(dict.fromkeys((str(entry[4][0]), port) for entry in found))


def demand_public(driver: str, addresses: tuple[Address, ...]) -> None:
    """Refuse addresses that are not public: who owns a name could point us at our own machines.

    Raises HostRefused.
    """
    for address, _ in addresses:
        if not ipaddress.ip_address(address.partition("%")[0]).is_global:
            raise HostRefused(driver)


def is_local_name(host: str) -> bool:
    """Say whether a name is this machine's by definition."""
    return host == "localhost" or host.endswith(".localhost")


def is_address(host: str) -> bool:
    """Say whether a host is written as an address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@contextmanager
def going(addresses: tuple[Address, ...]) -> Iterator[None]:
    """Let the tripwire know that the egress client itself connects there, while the block lasts."""
    with _lock:
        _going.update(addresses)
    try:
        yield
    finally:
        with _lock:
            _going.subtract(addresses)


def is_going(address: str, port: int) -> bool:
    """Say whether the egress client is connecting there now.  Takes no lock: an audit hook asks."""
    return _going.get((address, port), 0) > 0
