"""How the mailer is set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

ANY = "*"
"""The route of every domain that has none of its own."""

HIGHEST_PORT = 65535

Starttls = Literal["required", "offered"]


class BadConfig(ValueError):
    """A setting that makes no sense.  Its text says which, and what to write instead."""


@dataclass(frozen=True, slots=True)
class Config:
    """Where mail goes and how well the line must be protected.

    route     "host:port" by domain; "*" stands for every other domain; a domain without a route: straight to
              its own mail hosts, found in the DNS
    route_file  a file with more of them (see read_route), read anew for each letter; empty: none
    starttls  required: a host without TLS gets nothing, the letter waits; offered: TLS where it works
    helo      the name we greet with, a host name of ours that the DNS knows
    timeout   seconds for each step of the talk
    ca        PEM file of the authorities that a host's certificate must come from; empty: any certificate
              will do, since those of mail hosts seldom name the domain they serve.  Counts only with required
    """

    route: Mapping[str, str] = field(default_factory=dict)
    route_file: str = ""
    starttls: Starttls = "required"
    helo: str = "localhost"
    timeout: float = 30.0
    ca: str = ""


def config_of(options: Mapping[str, str]) -> Config:
    """Read a configuration from texts, as an environment gives them.

    options  any of route ("host:port" for every domain, or a line of a route file), route_file, starttls,
             helo, timeout, ca; Config has the defaults
    Raises BadConfig.
    """
    foreign = options.keys() - {"route", "route_file", "starttls", "helo", "timeout", "ca"}
    if foreign:
        raise BadConfig(f"unknown settings of the mailer: {', '.join(sorted(foreign))}")
    try:
        timeout = float(options.get("timeout", "30"))
    except ValueError:
        raise BadConfig("timeout is a number of seconds") from None
    return Config(
        route=_route(options.get("route", "")),
        route_file=options.get("route_file", ""),
        starttls=_starttls(options.get("starttls", "required")),
        helo=options.get("helo", "localhost"),
        timeout=timeout,
        ca=options.get("ca", ""),
    )


def _route(text: str) -> dict[str, str]:
    """Read a route from one setting.  Raises BadConfig."""
    if not text:
        return {}
    return read_route(text if text.strip().count(" ") else f"{ANY} {text}")


def route_of(config: Config, domain: str) -> tuple[str, int] | None:
    """Return host and port of a domain's route, or None if it has none.  Raises BadConfig, OSError."""
    route = dict(config.route)
    if config.route_file:
        route |= read_route(Path(config.route_file).read_text("utf-8"))
    target = route.get(domain) or route.get(ANY)
    return split_target(target) if target else None


def read_route(text: str) -> dict[str, str]:
    """Read a route file: a line is a domain or "*", blanks, then host:port; "#" begins a remark.

    Raises BadConfig, naming the line.
    """
    route: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            domain, target = words
            split_target(target)
        except ValueError:
            raise BadConfig(f"route file, line {number}: write a domain or *, then host:port") from None
        route[domain.lower()] = target
    return route


def split_target(target: str) -> tuple[str, int]:
    """Split "host:port"; an IPv6 address stands in square brackets.  Raises BadConfig."""
    host, colon, port = target.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not (colon and bare and port.isascii() and port.isdigit() and 0 < int(port) <= HIGHEST_PORT):
        raise BadConfig(f"{target}: write host:port")
    return bare, int(port)


def _starttls(text: str) -> Starttls:
    """Return text as one of the two words.  Raises BadConfig."""
    if text == "required":
        return "required"
    if text == "offered":
        return "offered"
    raise BadConfig("starttls is required or offered")
