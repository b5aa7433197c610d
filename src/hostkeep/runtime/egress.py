"""The one way out: bounded in time, counted, and only to hosts that a manifest declares.

A driver is handed a wire and nothing else.  The name is resolved here, once: what was checked is what is
connected to, so that a name which points elsewhere a moment later leads nowhere.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, NoReturn
from urllib.parse import SplitResult, urlsplit

import httpx
import structlog

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.wire import HostRefused, LineBroke, Ran, Reply, Wire
from hostkeep.runtime.breaker import Breaker
from hostkeep.runtime.destinations import (
    Address,
    demand_public,
    going,
    is_address,
    is_local_name,
    resolve,
)

log = structlog.get_logger()

BIGGEST = 5_000_000
CONNECT_SECONDS = 3.0
"""How long a host may take to take the call."""

LONGEST_SECONDS = 10.0
"""How long a whole request may take, whatever a driver asks for."""

MOST_ADDRESSES = 3
PORTS = {"http": 80, "https": 443}

breaker = Breaker()


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that happened at the way out.

    kind    "sent" (answered), "broke" (no answer, or the host rests) or "refused" (not declared)
    driver  who called
    host    "name:port", or the name of a program
    """

    kind: Literal["sent", "broke", "refused"]
    driver: str
    host: str


_watchers: list[Callable[[Seen], None]] = []


def watched_by(fn: Callable[[Seen], None]) -> None:
    """Say who counts what leaves and enters what was refused.  Called once at start, by the composition root.

    fn must not raise.
    """
    _watchers[:] = [fn]


@dataclass(frozen=True, slots=True)
class Egress:
    """A wire for one driver.

    hosts     "name" or "name:port" that it may call
    programs  names of programs it may run
    inside    those of its hosts that may have addresses which are not public; one written as an address, or
              under localhost, says so by itself
    """

    driver: str
    hosts: frozenset[str]
    programs: frozenset[str]
    inside: frozenset[str] = frozenset()

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """Make one HTTP request, no redirects.  Raises LineBroke, HostRefused."""
        parts = urlsplit(url)
        name = parts.hostname or ""
        place = f"{name}:{_port(parts)}"
        if parts.scheme not in PORTS or not self.hosts & {parts.netloc, name, place}:
            self._refuse(place)
        if breaker.rests(place):
            self._broke(place, "resting")
        addresses = self._addresses(name, _port(parts))
        reply = _ask_any(addresses, method, parts, headers, body, seconds)
        if isinstance(reply, Reply):
            breaker.answered(place)
            _note(Seen("sent", self.driver, place))
            return reply
        breaker.broke(place)
        return self._broke(place, reply)

    def run(self, argv: Sequence[str], *, stdin: bytes, seconds: float) -> Ran:
        """Run a program that the manifest names, never through a shell.  Raises LineBroke, HostRefused."""
        program = PurePath(argv[0]).name
        if program not in self.programs:
            self._refuse(program)
        try:
            done = subprocess.run(  # noqa: S603  a list of arguments, and the name was checked above
                list(argv), input=stdin, capture_output=True, timeout=seconds, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("egress.broke", driver=self.driver, code=type(error).__name__)
            raise LineBroke(self.driver) from None
        return Ran(done.returncode, done.stdout, done.stderr)

    def _addresses(self, name: str, port: int) -> tuple[Address, ...]:
        """Resolve a host that is declared.  Raises LineBroke, HostRefused."""
        place = f"{name}:{port}"
        try:
            addresses = resolve(name, port)
        except LineBroke:
            breaker.broke(place)
            self._broke(place, "no_address")
        if is_local_name(name) or is_address(name) or self.inside & {name, place}:
            return addresses
        try:
            demand_public(self.driver, addresses)
        except HostRefused:
            self._refuse(place)
        return addresses

    def _refuse(self, host: str) -> NoReturn:
        """Enter and refuse.  Raises HostRefused."""
        log.warning("egress.refused", driver=self.driver)
        _note(Seen("refused", self.driver, host))
        raise HostRefused(self.driver)

    def _broke(self, host: str, code: str) -> NoReturn:
        """Count a line that broke.  Raises LineBroke."""
        log.warning("egress.broke", driver=self.driver, code=code)
        _note(Seen("broke", self.driver, host))
        raise LineBroke(self.driver)


def _ask_any(
    addresses: tuple[Address, ...],
    method: str,
    parts: SplitResult,
    headers: Mapping[str, str],
    body: bytes,
    seconds: float,
) -> Reply | str:
    """Ask the first of a host's addresses that takes the call; return its answer, or what went wrong."""
    until, code = time.monotonic() + min(seconds, LONGEST_SECONDS), "no_address"
    for address in addresses[:MOST_ADDRESSES]:
        try:
            return _ask(method, parts, address, headers, body, until)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            code = type(error).__name__  # nothing was said yet: another address may do
        except (httpx.HTTPError, LineBroke) as error:
            return type(error).__name__
    return code


def _ask(
    method: str, parts: SplitResult, address: Address, headers: Mapping[str, str], body: bytes, until: float
) -> Reply:
    """Make one request to one address, under the host's own name.  Raises httpx.HTTPError, LineBroke."""
    left = max(until - time.monotonic(), 0.001)
    netloc = f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"
    bounds = httpx.Timeout(left, connect=min(CONNECT_SECONDS, left))
    with (
        going((address,)),
        httpx.Client(timeout=bounds, follow_redirects=False, trust_env=False) as client,
        client.stream(
            method,
            parts._replace(netloc=netloc).geturl(),
            headers={**headers, "Host": parts.netloc.rpartition("@")[2]},
            content=body,
            extensions={"sni_hostname": parts.hostname},
        ) as answer,
    ):
        return Reply(answer.status_code, dict(answer.headers), _read(answer, until))


def _read(answer: httpx.Response, until: float) -> bytes:
    """Read a body up to the ceiling, in time.  Raises LineBroke."""
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > BIGGEST or time.monotonic() > until:
            raise LineBroke("answer too big or too slow")
    return bytes(body)


def _port(parts: SplitResult) -> int:
    """Return the port of an address, 0 where it makes no sense."""
    try:
        return parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return 0


def _note(seen: Seen) -> None:
    """Tell who counts."""
    for watch in _watchers:
        watch(seen)


def wire_for(manifest: Manifest, hosts: Sequence[str], inside: Sequence[str] = ()) -> Wire:
    """Return the wire that a driver is handed.

    hosts   what its configuration fills in for "{config.…}" in its manifest's hosts
    inside  those of them that stand in the operator's own network
    """
    declared = frozenset(h for h in (*manifest.hosts, *hosts) if not h.startswith("{"))
    return Egress(manifest.name, declared, frozenset(manifest.sockets), frozenset(inside))
