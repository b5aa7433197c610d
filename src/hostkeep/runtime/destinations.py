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


ENDS_WITH_IPV4 = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "::/96")))
"""Where the last 32 bits of an IPv6 address are an IPv4 one."""

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
        if not _is_public(ipaddress.ip_address(address.partition("%")[0])):
            raise HostRefused(driver)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Say whether an address is one host's of the public internet.

    An IPv6 address that a gateway turns into an IPv4 one counts as that one.
    Source: RFC 4291 section 2.5.5, RFC 6052 section 2.1, RFC 8215, RFC 3056.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if any(address in net for net in ENDS_WITH_IPV4):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return _is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast


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
