"""S-Invoice of Viettel: hands invoices in to the tax authority of Viet Nam.

Adjusted or replaced, never deleted: Decree 123/2020/ND-CP, art. 19, as changed by Decree 70/2025/ND-CP.  The
provider's call that cancels is not among ours.  Written from the documentation, not tried on a live account.
Sources: the provider's web service (auth/login, createInvoice, searchInvoiceByTransactionUuid);
Circular 78/2021/TT-BTC, art. 4: the first letter of a series says whether the authority gives a code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Self
from urllib.parse import quote, urlencode, urlsplit

from hostkeep.adapters.einvoices.sinvoice.writing import written
from hostkeep.drivers.einvoices import (
    LONGEST_CODE,
    LONGEST_NUMBER,
    STATED,
    Absent,
    EInvoiceAsk,
    Found,
    Handed,
    NoAnswer,
    Pending,
    Refused,
    Registered,
)
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import demand
from hostkeep.drivers.wire import LineBroke, Reply, Wire

BASE = "https://api-vinvoice.viettel.vn"
LOGIN = "/auth/login"
ROOT = "/services/einvoiceapplication/api/InvoiceAPI/InvoiceWS"
SECONDS = 20.0
OK, TOO_MANY, BROKEN = 200, 429, 500

NOT_FOUND = "NOT_FOUND_DATA"
USED = "TRANSACTION_UUID_INVALID"
"""The key was used before."""

PASSING = frozenset({"GENERAL", "TIMEOUT", "INTERNAL_SERVER_ERROR"})
"""Codes that say nothing of the document: the provider itself was out, or a login had run out."""

CODED = "C"
"""First letter of a series whose invoices the authority gives a code."""

LONGEST_REASON = 64


class SInvoice:
    """Hands invoices in at Viettel."""

    manifest: ClassVar[Manifest] = Manifest(
        name="sinvoice", api=1, discloses=frozenset({STATED}), recipient="sinvoice",
        hosts=("api-vinvoice.viettel.vn",), can=frozenset({"adjusting", "replacing"}),
    )  # fmt: skip

    def __init__(self, wire: Wire, options: Mapping[str, str]) -> None:
        """Speak over a wire.  options: as configured."""
        self._wire = wire
        self._base = options.get("base", BASE)
        self._user, self._password = options.get("user", ""), options.get("password", "")
        self._taxpayer = options.get("tax_code", "")
        self._kind, self._template = options.get("type", "1"), options.get("template", "")
        self._series = options.get("series", "")

    @classmethod
    def configured(cls, wire: Wire, options: Mapping[str, str]) -> Self:
        """Return a driver set up by texts.

        user, password  of the seller's account there
        tax_code        the seller's; type, template, series: as registered with the authority ("1", "1/001",
                        "C26TAA")
        base            scheme and host, where another speaks for the provider
        """
        return cls(wire, options)

    @classmethod
    def hosts(cls, options: Mapping[str, str]) -> tuple[str, ...]:
        """Return the host, with its port, that it is set up to call."""
        return (urlsplit(options.get("base", BASE)).netloc,)

    def hand_in(self, ask: EInvoiceAsk) -> Handed:
        """Hand a document in.  Raises NoPackage."""
        demand(self.manifest, ask.package)
        body = written(ask, kind=self._kind, template=self._template, series=self._series)
        said = self._asked(f"{ROOT}/createInvoice/{quote(self._taxpayer, safe='')}", body, "application/json")
        if isinstance(said, NoAnswer):
            return said
        code = _error(said)
        if code == USED:
            found = self.look_up(ask.once)
            # A key that is used and known to nobody: say so, and let whoever asks look again.
            return NoAnswer("odd") if isinstance(found, Absent) else found
        if code:
            return Refused(code)
        return self._standing(said.get("result"))

    def look_up(self, once: str) -> Found:
        """Ask what became of a key."""
        form = urlencode({"supplierTaxCode": self._taxpayer, "transactionUuid": once}).encode()
        said = self._asked(
            f"{ROOT}/searchInvoiceByTransactionUuid", form, "application/x-www-form-urlencoded"
        )
        if isinstance(said, NoAnswer):
            return said
        code, found = _error(said), said.get("result")
        if code == NOT_FOUND or (not code and found == []):
            return Absent()
        if code:
            return NoAnswer("odd")
        return self._standing(found[0] if isinstance(found, list) and found else found)

    def _standing(self, found: Any) -> Registered | Pending | NoAnswer:
        """Read how a document stands: without its number it is in nobody's books."""
        if not isinstance(found, dict):
            return NoAnswer("odd")
        number, marked = _word(found.get("invoiceNo")), _word(found.get("codeOfTax"))
        if not number or len(number) > LONGEST_NUMBER:
            return NoAnswer("odd")
        if self._series.startswith(CODED) and not marked:
            return Pending()
        return Registered(number, (marked or _word(found.get("reservationCode")))[:LONGEST_CODE])

    def _asked(self, path: str, body: bytes, kind: str) -> Mapping[str, Any] | NoAnswer:
        """Log in and ask; return what the other side said, where it is in form."""
        try:
            token = self._token()
            if isinstance(token, NoAnswer):
                return token
            headers = {"Content-Type": kind, "Accept": "application/json", "Cookie": f"access_token={token}"}
            return _read(
                self._wire.request("POST", self._base + path, headers=headers, body=body, seconds=SECONDS)
            )
        except LineBroke:
            return NoAnswer("line")

    def _token(self) -> str | NoAnswer:
        """Log in.  Raises LineBroke."""
        body = json.dumps({"username": self._user, "password": self._password}).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        said = _read(
            self._wire.request("POST", self._base + LOGIN, headers=headers, body=body, seconds=SECONDS)
        )
        if isinstance(said, NoAnswer):
            return said
        return _word(said.get("access_token")) or NoAnswer("odd")


def _read(reply: Reply) -> Mapping[str, Any] | NoAnswer:
    """Read an answer; what is out of form is none."""
    if reply.status == TOO_MANY:
        return NoAnswer("busy")
    try:
        said: Any = json.loads(reply.body)
    except (ValueError, RecursionError):
        return NoAnswer("down" if reply.status >= BROKEN else "odd")
    if not isinstance(said, dict):
        return NoAnswer("odd")
    if reply.status >= BROKEN or _error(said) in PASSING:
        return NoAnswer("down")
    # A refusal comes with a status of its own and its code; without a code it says nothing.
    return said if reply.status == OK or _error(said) else NoAnswer("odd")


def _error(said: Mapping[str, Any]) -> str:
    """Return the code of a refusal, or an empty text."""
    return _word(said.get("errorCode"))[:LONGEST_REASON]


def _word(value: object) -> str:
    """Return a text as it stands, and nothing for what is none that could be printed."""
    return value if isinstance(value, str) and value.isascii() and value.isprintable() else ""
