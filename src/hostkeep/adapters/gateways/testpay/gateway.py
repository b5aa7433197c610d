"""Pays on the hosted page of the test gateway.

The other side: POST {base}/demo/pay/api/charges/ makes a charge, once a key; GET {base}/demo/pay/api/charges/
<key>/ tells how it stands; call-backs are JSON.  All of them are signed; see signing.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self
from urllib.parse import quote, urlsplit

from hostkeep.adapters.gateways.testpay.signing import BadSignature, check, signed
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.payments import (
    BadNotice,
    Charge,
    Declined,
    Notice,
    Outcome,
    Settled,
    Unknown,
    Waiting,
)
from hostkeep.drivers.wire import HostRefused, LineBroke, Reply, Wire
from hostkeep.kernel.money import CURRENCIES, money

SECONDS = 5.0
MOST_MINOR = 10**15
LONGEST_ID = 64
NOT_FOUND = 404
FINE = frozenset({200, 201})
CODES = frozenset({"cancelled", "refused", "expired"})


@dataclass(frozen=True, slots=True)
class Config:
    """How the gateway is reached.

    base    scheme, host and port of the hosted page, without a slash at the end
    secret  shared with it
    """

    base: str
    secret: str = field(repr=False)


class BadAnswer(Exception):
    """The other side said something that cannot be."""


class TestPay:
    """The test gateway."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    manifest: ClassVar[Manifest] = Manifest(
        "testpay", 1, hosts=("{config.base}",), keeps=frozenset({"payment_ref"})
    )

    def __init__(self, wire: Wire, config: Config) -> None:
        self.wire = wire
        self.config = config

    @classmethod
    def configured(cls, wire: Wire, settings: Mapping[str, str]) -> Self:
        """Return a gateway from plain texts: base, secret.  Raises KeyError if one is missing."""
        return cls(wire, Config(base=settings["base"].rstrip("/"), secret=settings["secret"]))

    @classmethod
    def hosts(cls, settings: Mapping[str, str]) -> tuple[str, ...]:
        """Return the hosts that its wire must reach, for these settings."""
        return (urlsplit(settings["base"]).netloc,)

    def charge(self, ask: Charge) -> Outcome:
        """Open a charge on the hosted page; the payer goes there.  Two calls with one key open one."""
        body = json.dumps({
            "once": ask.once, "minor": ask.amount.minor, "currency": ask.amount.currency.code,
            "memo": ask.memo, "back": ask.back, "tell": ask.tell,
        }).encode()  # fmt: skip
        return self._ask("POST", "/demo/pay/api/charges/", body)

    def look_up(self, once: str) -> Outcome:
        """Tell how a charge stands."""
        return self._ask("GET", f"/demo/pay/api/charges/{quote(once, safe='')}/", b"")

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Check a call-back's signature and age, then read what we know of it and drop the rest.

        Raises BadNotice.
        """
        try:
            check(self.config.secret, headers, body, at)
            said = _object(body)
            return Notice(event=_id(said, "event"), once=_id(said, "once"), outcome=_decided(said))
        except (BadSignature, BadAnswer) as error:
            raise BadNotice(str(error)) from None

    def _ask(self, method: str, path: str, body: bytes) -> Outcome:
        """Make one signed request and read how the charge stands; what cannot be read is Unknown."""
        # The machine's own clock, not the house's: the other side judges the age by its own.
        headers = signed(self.config.secret, body or path.encode(), time.time())
        try:
            reply = self.wire.request(
                method, self.config.base + path, body=body, seconds=SECONDS,
                headers={**headers, "content-type": "application/json"},
            )  # fmt: skip
            return _standing(reply)
        except (LineBroke, HostRefused, BadAnswer):
            return Unknown()


def _standing(reply: Reply) -> Outcome:
    """Read an answer of the hosted page.  Raises BadAnswer."""
    if reply.status == NOT_FOUND:
        return Declined("never_asked")
    if reply.status not in FINE:
        raise BadAnswer("status")
    said = _object(reply.body)
    if said.get("state") == "open":
        visit = said.get("visit")
        if not isinstance(visit, str) or urlsplit(visit).scheme not in {"http", "https"}:
            raise BadAnswer("visit")
        return Waiting(visit)
    return _decided(said)


def _decided(said: Mapping[str, Any]) -> Settled | Declined:
    """Read a charge that is paid or declined.  Raises BadAnswer."""
    if said.get("state") == "paid":
        minor, currency = said.get("minor"), str(said.get("currency"))
        if type(minor) is not int or not 0 < minor <= MOST_MINOR or currency not in CURRENCIES:
            raise BadAnswer("amount")
        return Settled(proof=_id(said, "proof"), amount=money(minor, currency))
    if said.get("state") == "declined":
        code = said.get("code")
        return Declined(str(code) if str(code) in CODES else "refused")
    raise BadAnswer("state")


def _object(body: bytes) -> Mapping[str, Any]:
    """Read a JSON object.  Raises BadAnswer."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer("json") from None
    if not isinstance(said, dict):
        raise BadAnswer("json")
    return said


def _id(said: Mapping[str, Any], name: str) -> str:
    """Read one of the gateway's ids: short, printable ASCII.  Raises BadAnswer."""
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        raise BadAnswer(name)
    if not (value.isascii() and value.isprintable()):
        raise BadAnswer(name)
    return value
