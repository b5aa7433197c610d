"""The signature of Stripe's call-backs: HMAC-SHA256 over time and body, under one of the endpoint's secrets.

Header "Stripe-Signature: t=<Unix seconds>,v1=<hex>[,v1=<hex>]": while a secret is being replaced there is one
v1 for each, and old schemes (v0) are ignored.
Source: docs.stripe.com/webhooks/signature, "Verify webhook signatures manually".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

HEADER = "stripe-signature"
TOLERANCE = 300.0
"""Seconds by which a message's time may be off."""

LONGEST = 2_000
"""Characters of a header that is still looked at."""

BIGGEST = 256_000
"""Bytes of a body that is still looked at."""


class BadSignature(Exception):
    """The signature is missing, wrong or too old, or the message too big."""


def check(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, at: float) -> None:
    """Raise BadSignature unless one of the secrets signed body at most five minutes away.  Constant time.

    at  Unix seconds now
    """
    if len(body) > BIGGEST:
        raise BadSignature("size")
    stamp, signatures = _parts(headers)
    right = [_digest(secret, stamp, body) for secret in secrets]
    if not sum(hmac.compare_digest(good, said) for good in right for said in signatures):
        raise BadSignature("signature")
    if abs(at - int(stamp)) > TOLERANCE:
        raise BadSignature("age")


def signed(secret: str, body: bytes, at: float) -> dict[str, str]:
    """Return the header that signs a message, as Stripe sends it.  at: Unix seconds now."""
    stamp = str(int(at))
    return {HEADER: f"t={stamp},v1={_digest(secret, stamp, body)}"}


def _parts(headers: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the time and the signatures that a header says.  Raises BadSignature."""
    said = next((value for name, value in headers.items() if name.lower() == HEADER), "")
    if len(said) > LONGEST or not said.isascii():
        raise BadSignature("header")
    pairs = [part.strip().partition("=") for part in said.split(",")]
    stamps = [value for key, _, value in pairs if key == "t"]
    if len(stamps) != 1 or not stamps[0].isdigit() or len(stamps[0]) > 12:  # noqa: PLR2004  Unix seconds
        raise BadSignature("time")
    return stamps[0], [value for key, _, value in pairs if key == "v1"]


def _digest(secret: str, stamp: str, body: bytes) -> str:
    """Return the HMAC in hex; the secret is used as Stripe shows it, its prefix included."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
