"""The network rules: an nftables table that lets our processes connect to what is declared, and nowhere else.

The kernel holds them, outside our process: they are the boundary that the egress client and the tripwire are
not.  They are drawn from the same declarations: the brands' policies, their drivers, the set-up.
Source: nft(8).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hostkeep.drivers.wire import LineBroke
from hostkeep.runtime.destinations import ANY, Address, Declared, Destination, resolve

TABLE = "hostkeep_out"
SMTP = 25
DNS = 53
LONGEST_COMMENT = 120
"""Characters of a comment that nft takes: 128 bytes, our words are ASCII but for names."""


class NoAddress(Exception):
    """A declared host has no address now: rules without it would shut it out.  Its text is for people."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the table is drawn from.

    uid        of the user whose processes are bound
    declared   where they may connect
    resolvers  addresses of the name servers they may ask; none: they need no names
    heading    lines that say what this was drawn from
    """

    uid: int
    declared: Declared
    resolvers: tuple[str, ...]
    heading: tuple[str, ...] = ()


def render(rules: Rules, *, look_up: Callable[[str, int], Sequence[Address]] = resolve) -> str:
    """Return the table as `nft -f` takes it.

    look_up  finds the addresses of a name
    Raises NoAddress.
    """
    lines = [
        "#!/usr/sbin/nft -f",
        *(f"# {_plain(line)}" for line in rules.heading),
        *(f"# Left out: {_plain(line)}" for line in rules.declared.left_out),
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        "  counter let_out { }",
        "  counter refused { }",
        "  chain output {",
        "    type filter hook output priority filter; policy accept;",
        f'    meta skuid != {rules.uid} accept comment "processes of others are not ours to bind"',
        '    oif "lo" accept comment "this machine itself"',
        '    ct state established,related accept comment "answers to who called us"',
        *(f"    {line}" for line in _resolvers(rules.resolvers)),
        *(f"    {line}" for each in rules.declared.hosts for line in _let_out(each, look_up)),
        "    counter name refused reject with icmpx admin-prohibited",
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def resolvers_of(text: str) -> tuple[str, ...]:
    """Return the name servers that a resolv.conf names, without those on this machine.

    Source: resolv.conf(5).
    """
    found = []
    for line in text.splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver" and not _on_loopback(words[1]):
            found.append(words[1])
    return tuple(dict.fromkeys(found))


def _resolvers(addresses: Iterable[str]) -> list[str]:
    """Let name servers be asked."""
    so = 'counter name let_out accept comment "names"'
    return [
        f"{_family(address)} daddr {address} {protocol} dport {DNS} {so}"
        for address in addresses
        for protocol in ("udp", "tcp")
    ]


def _let_out(each: Destination, look_up: Callable[[str, int], Sequence[Address]]) -> list[str]:
    """Return the lines that let one destination out.  Raises NoAddress."""
    brands = f" ({', '.join(each.brands)})" if each.brands else ""
    comment = f'"{_plain(f"{each.driver}: {each.why}{brands}")[:LONGEST_COMMENT]}"'
    if each.host == ANY:
        return [f"tcp dport {each.port} counter name let_out accept comment {comment}"]
    try:
        addresses = look_up(each.host, each.port)
    except LineBroke:
        if not each.needed:
            return [f"# Left out: {_plain(each.host)} has no address"]
        raise NoAddress(f"{each.host} has no address; {each.driver} needs it") from None
    return [
        f"{_family(address)} daddr {address} tcp dport {port} counter name let_out accept comment {comment}"
        for address, port in addresses
        if not _on_loopback(address)
    ]


def _family(address: str) -> str:
    """Return nft's word for an address's family."""
    return "ip6" if ipaddress.ip_address(address).version == 6 else "ip"  # noqa: PLR2004  IPv6


def _on_loopback(address: str) -> bool:
    """Say whether an address is this machine's own; a link-local one with a zone is not."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _plain(text: str) -> str:
    """Return a text that can end neither a comment nor a quotation."""
    return "".join(c for c in text if c.isprintable() and c not in '"\\')
