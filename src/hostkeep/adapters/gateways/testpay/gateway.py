"""The test gateway: its hosted page, money given back, made-up cards that are kept, disputes.

The other side, under {base}/demo/pay/api/: POST charges/, refunds/, methods/, stored/ make something, once a
key; GET charges/<key>/, refunds/<key>/, methods/<key>/ tell how it stands, GET origins/<proof>/ where a card
is from, GET payouts/<day>/ what was paid out since and what is held; POST methods/forget/ lets go of a card.
Call-backs are JSON.  All of them are signed; see signing.py.  What answers mean: reading.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Self
from urllib.parse import quote, unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from hostkeep.adapters.gateways.testpay.reading import (
    FINE,
    BadAnswer,
    keeping,
    notice,
    origin,
    paid_out,
    standing,
)
from hostkeep.adapters.gateways.testpay.signing import BadSignature, check, signed
from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.payments import (
    BadNotice,
    Charge,
    Declined,
    KeepAsk,
    Keeping,
    Notice,
    Outcome,
    RefundAsk,
    Specimen,
    StoredCharge,
    Unknown,
)
from hostkeep.drivers.payouts import NotTold, PayoutsTold
from hostkeep.drivers.wire import HostRefused, LineBroke, Reply, Wire
from hostkeep.kernel.money import Money

SECONDS = 5.0
API = "/demo/pay/api"
GONE = 410


@dataclass(frozen=True, slots=True)
class Config:
    """How the gateway is reached.

    base    scheme, host and port of the hosted page, without a slash at the end
    secret  shared with it
    """

    base: str
    secret: str = field(repr=False)


class TestPay:
    """The test gateway."""

    __test__ = False  # not a test class, whatever pytest thinks of its name

    manifest: ClassVar[Manifest] = Manifest(
        "testpay", 1, hosts=("{config.base}",), keeps=frozenset({"payment_ref"}),
        can=frozenset({"refunds", "storing", "disputes", "locating", "payouts"}),
    )  # fmt: skip

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
        return self._asked("charges/", _wish(ask))

    def look_up(self, once: str) -> Outcome:
        """Tell how a charge stands."""
        return self._told("charges", once)

    def refund(self, ask: RefundAsk) -> Outcome:
        """Give money of a payment back, once a key."""
        return self._asked("refunds/", {
            "once": ask.once, "of": ask.of, "minor": ask.amount.minor, "currency": ask.amount.currency.code,
        })  # fmt: skip

    def look_up_refund(self, once: str, of: str) -> Outcome:
        """Tell how a refund stands."""
        del of
        return self._told("refunds", once)

    def keep(self, ask: KeepAsk) -> Keeping:
        """Ask the payer to leave a made-up card on the hosted page, once a key."""
        return self._kept("POST", "methods/", {"once": ask.once, "back": ask.back, "tell": ask.tell})

    def look_up_kept(self, once: str, handle: str = "") -> Keeping:
        """Tell what was left."""
        del handle
        return self._kept("GET", f"methods/{quote(once, safe='')}/", {})

    def charge_stored(self, ask: StoredCharge) -> Outcome:
        """Charge a made-up card, once a key; a careful bank's stays open on the hosted page."""
        return self._asked("stored/", {**_wish(ask), "token": ask.token})

    def look_up_stored(self, once: str, token: str) -> Outcome:
        """Tell how such a charge stands."""
        del token
        return self.look_up(once)

    def forget(self, token: str) -> bool:
        """Let go of a card."""
        try:
            return self._ask("POST", "methods/forget/", {"token": token}).status in FINE
        except LineBroke:
            return False

    def country_of(self, proof: str) -> str:
        """Tell the country that the payer chose for their made-up card; nothing where they chose none."""
        try:
            return origin(self._ask("GET", f"origins/{quote(proof, safe='')}/", {}))
        except (LineBroke, BadAnswer):
            return ""

    def payouts(self, since: date) -> PayoutsTold:
        """Tell what was paid out to the bank since a day, and what is held.  Raises NotTold."""
        try:
            return paid_out(self._ask("GET", f"payouts/{since.isoformat()}/", {}))
        except (LineBroke, BadAnswer):
            raise NotTold("testpay") from None

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: float) -> Notice:
        """Check a call-back's signature and age, then read what we know of it and drop the rest.

        Raises BadNotice.
        """
        try:
            check(self.config.secret, headers, body, at)
            return notice(body)
        except (BadSignature, BadAnswer) as error:
            raise BadNotice(str(error)) from None

    def specimen(self, once: str, amount: Money, words: Sequence[str], at: float) -> Specimen:
        """Write a signed call-back that a charge was paid, with a made-up payer in it."""
        handle = uuid5(NAMESPACE_URL, once).hex[:24]
        body = json.dumps({
            "event": f"ev_{handle}", "once": once, "state": "paid", "proof": f"tp_{handle}",
            "minor": amount.minor, "currency": amount.currency.code,
            "payer": {"name": words[0], "card": words[-1], "said": list(words)},
        }).encode()  # fmt: skip
        return Specimen(signed(self.config.secret, body, at), body, at)

    def _asked(self, path: str, wish: Mapping[str, object]) -> Outcome:
        """Ask for money to move and read what came of it; what cannot be read is Unknown."""
        try:
            reply = self._ask("POST", path, wish)
            return Declined("refused") if reply.status == GONE else standing(reply)
        except (LineBroke, BadAnswer):
            return Unknown()

    def _told(self, what: str, once: str) -> Outcome:
        """Ask how something stands."""
        try:
            return standing(self._ask("GET", f"{what}/{quote(once, safe='')}/", {}))
        except (LineBroke, BadAnswer):
            return Unknown()

    def _kept(self, method: str, path: str, wish: Mapping[str, object]) -> Keeping:
        """Ask for a card to be kept, or what was left."""
        try:
            return keeping(self._ask(method, path, wish))
        except (LineBroke, BadAnswer):
            return Unknown()

    def _ask(self, method: str, path: str, wish: Mapping[str, object]) -> Reply:
        """Make one signed request.  Raises LineBroke."""
        body = json.dumps(wish).encode() if method == "POST" else b""
        where = f"{API}/{path}"
        # A server reads the path with its escapes undone, and a key may have some: that form is signed.
        # The machine's own clock, not the house's: the other side judges the age by its own.
        headers = signed(self.config.secret, body or unquote(where).encode(), time.time())
        try:
            return self.wire.request(
                method, self.config.base + where, body=body, seconds=SECONDS,
                headers={**headers, "content-type": "application/json"},
            )  # fmt: skip
        except HostRefused:
            raise LineBroke("testpay") from None


def _wish(ask: Charge | StoredCharge) -> dict[str, object]:
    """Write what a charge asks for."""
    return {
        "once": ask.once, "minor": ask.amount.minor, "currency": ask.amount.currency.code,
        "memo": ask.memo, "back": ask.back, "tell": ask.tell,
    }  # fmt: skip
