"""Signatures of the test gateway: HMAC-SHA256 over the time and the body, both ways.

The hosted page's own side (hostkeep.faces.demo.pay_signing) says the same in its own words, as a stranger's
server would; the exam and a story hold the two together.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

TIME = "testpay-time"
SIGNATURE = "testpay-signature"
TOLERANCE = 300.0
"""Seconds by which a message's time may be off."""


class BadSignature(Exception):
    """The signature is missing, wrong or too old."""


def signed(secret: str, body: bytes, at: float) -> dict[str, str]:
    """Return the two headers that sign a message.  at: Unix seconds now."""
    stamp = str(int(at))
    return {TIME: stamp, SIGNATURE: f"v1={_digest(secret, stamp, body)}"}


def check(secret: str, headers: Mapping[str, str], body: bytes, at: float) -> None:
    """Raise BadSignature unless the headers sign body, in constant time, and are at most five minutes off."""
    said = {name.lower(): value for name, value in headers.items()}
    stamp, signature = said.get(TIME, ""), said.get(SIGNATURE, "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):  # noqa: PLR2004  Unix seconds
        raise BadSignature("time")
    expected = f"v1={_digest(secret, stamp, body)}"
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise BadSignature("signature")
    if abs(at - int(stamp)) > TOLERANCE:
        raise BadSignature("age")


def _digest(secret: str, stamp: str, body: bytes) -> str:
    """Return the HMAC in hex."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
