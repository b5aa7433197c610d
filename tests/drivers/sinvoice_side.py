"""A stand-in for S-Invoice on a port of this machine, written from its published web service.  For tests alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from hostkeep.adapters.einvoices.sinvoice.system import LOGIN, ROOT, SInvoice
from hostkeep.runtime import egress

TAXPAYER = "0100109106"


@dataclass
class SInvoiceSide:
    """What it was handed, and how it fails.

    taken   by key: what was handed in, and what it made of it
    fails   a code that it refuses documents with, or empty
    loses   whether it takes a document and closes the line
    late    how many look-ups the authority's code lets wait
    """

    taken: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    fails: str = ""
    loses: bool = False
    late: int = 0
    password: str = "secret"  # noqa: S105  of a stand-in
    port: int = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def driver(self, **options: str) -> SInvoice:
        said = {
            "base": self.base, "user": "u", "password": "secret", "tax_code": TAXPAYER, "template": "1/001",
            "series": "C26TAA", **options,
        }  # fmt: skip
        return SInvoice(egress.wire_for(SInvoice.manifest, [f"127.0.0.1:{self.port}"]), said)

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        self.paths.append(path)
        if path == LOGIN:
            ok = json.loads(body) == {"username": "u", "password": self.password}
            return (200, {"access_token": "tok"}) if ok else (401, {"errorCode": "UNAUTHORIZED"})
        if headers.get("Cookie") != "access_token=tok":
            return 500, {"message": "GENERAL"}
        if path == f"{ROOT}/createInvoice/{TAXPAYER}":
            return self._take(json.loads(body))
        if path == f"{ROOT}/searchInvoiceByTransactionUuid":
            said = parse_qs(body.decode())
            assert said["supplierTaxCode"] == [TAXPAYER]
            return self._find(said["transactionUuid"][0])
        return 404, {}

    def _take(self, said: dict[str, Any]) -> tuple[int, Any]:
        head = said["generalInvoiceInfo"]
        if self.fails:
            return 400, {"errorCode": self.fails, "description": "no"}
        if head["transactionUuid"] in self.taken:
            return 400, {"errorCode": "TRANSACTION_UUID_INVALID"}
        made = {
            "supplierTaxCode": TAXPAYER, "invoiceNo": f"{head['invoiceSeries']}{len(self.taken) + 1}",
            "transactionID": "1", "reservationCode": f"R{len(self.taken) + 1:07}",
            "codeOfTax": None if self.late else f"00{len(self.taken) + 1:032}",
        }  # fmt: skip
        self.taken[head["transactionUuid"]] = (said, made)
        return 200, {"errorCode": None, "description": None, "result": made}

    def _find(self, key: str) -> tuple[int, Any]:
        if key not in self.taken:
            return 400, {"errorCode": "NOT_FOUND_DATA"}
        if self.late:
            self.late -= 1
        made = self.taken[key][1]
        if not self.late and not made["codeOfTax"]:
            made["codeOfTax"] = "M1-26-AB"
        return 200, {"errorCode": None, "result": [made]}


@contextmanager
def sinvoice_side() -> Iterator[SInvoiceSide]:
    side = SInvoiceSide()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, said = side.answer(self.path, self.headers, body)
            if side.loses and "createInvoice" in self.path:
                self.close_connection = True
                return
            told = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

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
