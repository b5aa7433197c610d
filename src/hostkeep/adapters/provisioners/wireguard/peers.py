"""The peer file as data: what stands in it, how it is written and read, which address is free.

The file is the driver's whole memory, so a crash can never leave two memories that disagree.  Lines that
begin with `#` are ours: wg(8) skips them.  They carry the service's handle and the device's number, nothing
else, and never a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

HEADER = "# Written by Hostkeep for wg(8).  What is changed here by hand is lost."
MARK = re.compile(r"# (hk-[0-9a-f]{8,61}) (\d{1,3}) (running|stopped) (\S{44}) (\S+)(?: (\S+))?")


class DamagedFile(Exception):
    """The peer file is not one that this driver wrote."""


class PoolFull(Exception):
    """No address is left."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One device of one service.

    device    counted from 1
    running   whether the server lets it in; a suspended peer keeps its key and address
    address   inside the tunnel, without mask; address6 is empty where the server has no IPv6 pool
    """

    handle: str
    device: int
    running: bool
    public: str
    address: str
    address6: str


@dataclass(frozen=True, slots=True, repr=False)
class Server:
    """A server and its peers, in the order of the file."""

    private: str
    port: int
    peers: tuple[Peer, ...]

    def of(self, handle: str) -> tuple[Peer, ...]:
        """Return the peers of one service, by device."""
        return tuple(sorted((p for p in self.peers if p.handle == handle), key=lambda p: p.device))

    def with_peers(self, handle: str, peers: Iterable[Peer]) -> Server:
        """Return the server with the peers of one service replaced."""
        others = tuple(p for p in self.peers if p.handle != handle)
        return Server(self.private, self.port, others + tuple(peers))


def _lines_of(peer: Peer) -> list[str]:
    state = "running" if peer.running else "stopped"
    parts = ["#", peer.handle, str(peer.device), state, peer.public, peer.address, peer.address6]
    lines = ["", " ".join(parts).rstrip()]
    if peer.running:
        inside = f"{peer.address}/32" + (f", {peer.address6}/128" if peer.address6 else "")
        lines += ["[Peer]", f"PublicKey = {peer.public}", f"AllowedIPs = {inside}"]
    return lines


def render(server: Server) -> str:
    """Write the file as `wg setconf` and `wg syncconf` read it."""
    lines = [HEADER, "[Interface]", f"PrivateKey = {server.private}", f"ListenPort = {server.port}"]
    for peer in server.peers:
        lines += _lines_of(peer)
    return "\n".join(lines) + "\n"


def parse(text: str) -> Server:
    """Read a file that render() wrote.  Raises DamagedFile on any other."""
    private = re.search(r"^PrivateKey = (\S{44})$", text, re.MULTILINE)
    port = re.search(r"^ListenPort = (\d{1,5})$", text, re.MULTILINE)
    if private is None or port is None:
        raise DamagedFile
    marks = (MARK.fullmatch(line) for line in text.splitlines() if line.startswith("# hk-"))
    peers = tuple(_peer(mark) for mark in marks)
    server = Server(private.group(1), int(port.group(1)), peers)
    if render(server) != text:
        raise DamagedFile
    return server


def _peer(mark: re.Match[str] | None) -> Peer:
    if mark is None:
        raise DamagedFile
    handle, device, state, public, address, address6 = mark.groups(default="")
    return Peer(handle, int(device), state == "running", public, address, address6)


def free_offsets(network: IPv4Network, taken: Iterable[str], count: int) -> tuple[int, ...]:
    """Return the lowest free places of the pool, as offsets from its first number; 0 and 1 are never given.

    Raises PoolFull.
    """
    first = int(network.network_address)
    used = {_number(address) - first for address in taken}
    last = network.num_addresses - 1
    free: list[int] = []
    for offset in range(2, last):
        if len(free) == count:
            break
        if offset not in used:
            free.append(offset)
    if len(free) < count:
        raise PoolFull
    return tuple(free)


def _number(address: str) -> int:
    a, b, c, d = (int(part) for part in address.split("."))
    return a << 24 | b << 16 | c << 8 | d


def at_offset(network: IPv4Network | IPv6Network, offset: int) -> str:
    """Return the address that stands at a place of the pool."""
    return str(network.network_address + offset)
