"""A stand-in for VIES on a port of this machine, written from its published REST interface.  For tests alone:
the true one answers for real companies and is no sandbox.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hostkeep.adapters.taxnumbers.vies.registry import PATH, Vies
from hostkeep.runtime import egress

NAME = "ACME NEVER KEPT SARL"


@dataclass
class ViesSide:
    """What it knows, what it was asked, and how it fails.

    registered  country and number of those it says yes to
    fails       a code of its errors that it answers instead, or empty
    odd         status and body that it answers instead, or None
    """

    registered: set[tuple[str, str]] = field(default_factory=set)
    fails: str = ""
    odd: tuple[int, bytes] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def driver(self) -> Vies:
        return Vies(egress.wire_for(Vies.manifest, [f"127.0.0.1:{self.port}"]), self.base)

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path != PATH:
            return 404, b""
        said = json.loads(body)
        self.asked.append(said)
        if self.odd is not None:
            return self.odd
        if self.fails:
            wrapped = {"actionSucceed": False, "errorWrappers": [{"error": self.fails, "message": None}]}
            return (400 if self.fails.startswith("INVALID") else 500), json.dumps(wrapped).encode()
        valid = (said["countryCode"], said["vatNumber"]) in self.registered
        told = {
            "countryCode": said["countryCode"], "vatNumber": said["vatNumber"],
            "requestDate": "2026-03-01T12:00:00.000Z", "valid": valid,
            "requestIdentifier": "WAPIAAAAX1" if said.get("requesterNumber") else "",
            "name": NAME if valid else "---", "address": "1 RUE NEVER KEPT 75001 PARIS" if valid else "---",
        }  # fmt: skip
        return 200, json.dumps(told).encode()


@contextmanager
def vies_side() -> Iterator[ViesSide]:
    """Run one on a free port."""
    side = ViesSide()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, out = side.answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    side.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield side
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
