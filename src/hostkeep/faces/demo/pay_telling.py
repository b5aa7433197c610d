"""Call-backs of the test gateway: a signed message to the shop, a few tries, in the payer's own request."""

from __future__ import annotations

import json
import time
from urllib.parse import urlsplit

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.wire import HostRefused, LineBroke
from hostkeep.faces.demo.pay_book import Kept, PayBook
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
    wire = wire_for(OURSELVES, [urlsplit(kept.tell).netloc])
    message = message_of(kept)
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE * attempt)
        headers = signed_headers(secret, message, at=time.time())
        try:
            reply = wire.request("POST", kept.tell, headers=headers, body=message, seconds=SECONDS)
        except LineBroke:
            continue
        except HostRefused:
            return False
        if reply.status in TAKEN:
            book.note_told(kept.token)
            return True
    return False
