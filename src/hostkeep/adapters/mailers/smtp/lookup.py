"""Which hosts take a domain's mail."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import dns.exception
import dns.resolver

MOST_HOSTS = 3
"""How many places are tried for one letter; each costs several time-outs when it is silent."""

SMTP_PORT = 25


@dataclass(frozen=True, slots=True)
class Place:
    """One place to try.  name: of the host, for its certificate.  address: what to connect to."""

    name: str
    address: str
    port: int


class NoMailHere(Exception):
    """The domain does not exist or says that it takes no mail.  code: a word or SMTP code for the record."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CannotTell(Exception):
    """The DNS gave no answer now."""


def places_of(domain: str) -> tuple[Place, ...]:
    """Return where a domain's mail is taken, best first, at most MOST_HOSTS.

    Addresses that are not public are left out: whoever owns a domain could otherwise point us at our own
    machines.  Raises NoMailHere, CannotTell.
    Source: RFC 5321 section 5.1 (a domain without MX is its own host), RFC 7505 (a lone "." takes no mail).
    """
    places = [
        Place(name, address, SMTP_PORT)
        for name in _hosts(domain)
        for address in _addresses(name)
        if ipaddress.ip_address(address).is_global
    ]
    if not places:
        raise NoMailHere("no_host")
    return tuple(places[:MOST_HOSTS])


def _hosts(domain: str) -> list[str]:
    """Return the names of a domain's mail hosts, lowest preference first."""
    try:
        found = dns.resolver.resolve(domain, "MX")
    except dns.resolver.NXDOMAIN:
        raise NoMailHere("no_domain") from None
    except dns.resolver.NoAnswer:
        return [domain]
    except dns.exception.DNSException:
        raise CannotTell from None
    ranked = sorted((record.preference, record.exchange.to_text(omit_final_dot=True)) for record in found)
    names = [name for _, name in ranked]
    if names in ([""], ["."]):
        raise NoMailHere("null_mx")
    return names


def _addresses(name: str) -> list[str]:
    """Return a host's addresses, IPv6 first; none if it has none."""
    found: list[str] = []
    for kind in ("AAAA", "A"):
        try:
            found += [record.address for record in dns.resolver.resolve(name, kind)]
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            continue
        except dns.exception.DNSException:
            raise CannotTell from None
    return found
