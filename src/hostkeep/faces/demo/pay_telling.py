"""Call-backs of the test gateway: a signed message to the shop, a few tries, in the payer's own request."""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.wire import HostRefused, LineBroke
from hostkeep.faces.demo.pay_back import FEE, Argued
from hostkeep.faces.demo.pay_book import Kept, PayBook
from hostkeep.faces.demo.pay_methods import Left
from hostkeep.faces.demo.pay_signing import signature
from hostkeep.runtime.egress import wire_for

OURSELVES = Manifest("testpay_hosted_page", 1)
TRIES = 3
SECONDS = 4.0
PAUSE = 0.3
TAKEN = range(200, 300)


def message_of(kept: Kept) -> bytes:
    """Write the message about a decided charge."""
    said: dict[str, object] = {"event": kept.event, "once": kept.once, "state": kept.state}
    if kept.state == "paid":
        said |= {"proof": kept.proof, "minor": kept.amount.minor, "currency": kept.amount.currency.code}
    else:
        said["code"] = kept.code
    return json.dumps(said).encode()


def message_of_method(left: Left) -> bytes:
    """Write the message that a method was left, or not."""
    return json.dumps({"about": "method", "event": left.event, "once": left.once}).encode()


def message_of_dispute(argued: Argued) -> bytes:
    """Write the message about a dispute as it stands."""
    charge = argued.charge
    return json.dumps({
        "about": "dispute", "event": argued.event, "proof": argued.proof, "of": charge.proof, "fee": FEE,
        "minor": charge.amount.minor, "currency": charge.amount.currency.code, "state": argued.state,
    }).encode()  # fmt: skip


def signed_headers(secret: str, message: bytes, *, at: float) -> dict[str, str]:
    """Return the headers that go with a message."""
    stamp = str(int(at))
    return {
        "content-type": "application/json",
        "testpay-time": stamp,
        "testpay-signature": signature(secret, stamp=stamp, message=message),
    }


def tell_shop(book: PayBook, kept: Kept, *, secret: str) -> bool:
    """Tell the shop of a decision, at most three times; return whether it took the message."""
    taken = tell(kept.tell, message_of(kept), secret=secret)
    if taken:
        book.note_told(kept.token)
    return taken


def tell(where: str, message: bytes, *, secret: str) -> bool:
    """Send a message to the shop, at most three times; return whether it took it."""
    wire = wire_for(OURSELVES, [urlsplit(where).netloc])
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE * attempt)
        headers = signed_headers(secret, message, at=time.time())
        try:
            reply = wire.request("POST", where, headers=headers, body=message, seconds=SECONDS)
        except LineBroke:
            continue
        except HostRefused:
            return False
        if reply.status in TAKEN:
            return True
    return False
