"""The one way out: bounded, counted, and only to hosts that a manifest declares."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urlsplit

import httpx
import structlog

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.wire import HostRefused, LineBroke, Ran, Reply, Wire

log = structlog.get_logger()

BIGGEST = 5_000_000


@dataclass(frozen=True, slots=True)
class Egress:
    """A wire for one driver.

    hosts     "name" or "name:port" that it may call
    programs  names of programs it may run
    """

    driver: str
    hosts: frozenset[str]
    programs: frozenset[str]

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        """Make one HTTP request, no redirects.  Raises LineBroke, HostRefused."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not self.hosts & {parts.netloc, parts.hostname or ""}:
            log.warning("egress.refused", driver=self.driver)
            raise HostRefused(self.driver)
        there, said = _on_loopback(url, headers)
        try:
            with (
                httpx.Client(timeout=seconds, follow_redirects=False, trust_env=False) as client,
                client.stream(method, there, headers=said, content=body) as answer,
            ):
                return Reply(answer.status_code, dict(answer.headers), _read(answer))
        except httpx.HTTPError as error:
            log.warning("egress.broke", driver=self.driver, code=type(error).__name__)
            raise LineBroke(self.driver) from None

    def run(self, argv: Sequence[str], *, stdin: bytes, seconds: float) -> Ran:
        """Run a program that the manifest names, never through a shell.  Raises LineBroke, HostRefused."""
        if PurePath(argv[0]).name not in self.programs:
            raise HostRefused(self.driver)
        try:
            done = subprocess.run(  # noqa: S603  a list of arguments, and the name was checked above
                list(argv), input=stdin, capture_output=True, timeout=seconds, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("egress.broke", driver=self.driver, code=type(error).__name__)
            raise LineBroke(self.driver) from None
        return Ran(done.returncode, done.stdout, done.stderr)


def _on_loopback(url: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Send what goes to *.localhost to the loopback itself: resolvers do not know these names.

    Source: RFC 6761 section 6.3.
    """
    parts = urlsplit(url)
    if not (parts.hostname or "").endswith(".localhost"):
        return url, dict(headers)
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"127.0.0.1{port}").geturl(), {**headers, "Host": parts.netloc}


def _read(answer: httpx.Response) -> bytes:
    """Read a body up to the ceiling.  Raises LineBroke."""
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > BIGGEST:
            raise LineBroke("answer too big")
    return bytes(body)


def wire_for(manifest: Manifest, hosts: Sequence[str]) -> Wire:
    """Return the wire that a driver is handed.

    hosts  what its configuration fills in for "{config.…}" in its manifest's hosts
    """
    declared = frozenset(h for h in (*manifest.hosts, *hosts) if not h.startswith("{"))
    return Egress(manifest.name, declared, frozenset(manifest.sockets))
