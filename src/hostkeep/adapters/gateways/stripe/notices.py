"""Stripe's call-backs: the signature first, then of the event what we know of it; the rest is dropped.

Several events tell of one payment, in any order, and each may come twice; they are not joined here.
Source: docs.stripe.com/api/events/types.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from uuid import NAMESPACE_URL, uuid5

from hostkeep.adapters.gateways.stripe.client import BadAnswer, Object, id_of, inner, read, text
from hostkeep.adapters.gateways.stripe.reading import (
    NO_WORD,
    dispute_says,
    intent_says,
    refund_says,
    session_says,
)
from hostkeep.adapters.gateways.stripe.signing import BadSignature, check, signed
from hostkeep.drivers.payments import (
    BadNotice,
    Declined,
    NothingAsked,
    Notice,
    Settled,
    Specimen,
    Waiting,
)
from hostkeep.kernel.money import Money

LONGEST_KEY = 64
LONGEST_SHOP = 32
NO_SHOP = "-"
"""What hangs where no brand was named: Stripe takes no empty words."""


def read_notice(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, at: float, *, live: bool
) -> Notice:
    """Check a call-back and read it.

    live  whether our key is one of the live mode; an event of the other mode is refused
    Raises BadNotice, NothingAsked.
    """
    try:
        check(secrets, headers, body, at)
        return _read(read(body), live=live)
    except (BadSignature, BadAnswer) as error:
        raise BadNotice(str(error)) from None


def specimen(
    secret: str, once: str, amount: Money, words: Sequence[str], *, live: bool, at: float
) -> Specimen:
    """Write the event of a session that was paid, with words about its payer, and sign it.

    Source: the shape of a Checkout Session as docs.stripe.com/api shows it.
    """
    payer = dict(zip(("name", "email", "phone"), words, strict=False))
    handle = uuid5(NAMESPACE_URL, once).hex
    body = json.dumps({
        "id": f"evt_{handle[:24]}", "object": "event", "type": "checkout.session.completed", "livemode": live,
        "data": {"object": {
            "id": f"cs_{handle}", "object": "checkout.session", "mode": "payment", "status": "complete",
            "payment_status": "paid", "payment_intent": f"pi_{handle}", "amount_total": amount.minor,
            "currency": amount.currency.code.lower(), "metadata": {"once": once, "shop": NO_SHOP},
            "customer_details": {**payer, "address": {"line1": " ".join(words)}},
            "payment_method_details": {"card": {"last4": words[-1]}, "sepa_debit": {"iban": words[-1]}},
        }},
    }).encode()  # fmt: skip
    return Specimen(signed(secret, body, at), body, at)


def _read(event: Object, *, live: bool) -> Notice:
    """Read an event of our own account and mode.  Raises BadAnswer, NothingAsked."""
    if event.get("object") != "event" or event.get("livemode") is not live or event.get("account"):
        raise BadAnswer("of another account or mode")
    name, kind = text(event, "id", longest=LONGEST_KEY), text(event, "type")
    reader = READERS.get(kind)
    if reader is None:
        raise NothingAsked(kind)
    return reader(name, kind, inner(inner(event, "data"), "object"))


def _session(name: str, kind: str, session: Object) -> Notice:
    """Read what became of a Checkout Session."""
    once, shop = _asked(session)
    if session.get("mode") == "setup":
        return Notice(name, once, Waiting(None, text(session, "id")), "method", shop=shop)
    if kind.endswith("async_payment_failed"):
        return Notice(name, once, Declined(NO_WORD), shop=shop)
    return Notice(name, once, session_says(session), shop=shop)


def _intent(name: str, kind: str, intent: Object) -> Notice:
    """Read a payment that succeeded."""
    del kind
    once, shop = _asked(intent)
    return Notice(name, once, intent_says(intent), shop=shop)


def _refund(name: str, kind: str, refund: Object) -> Notice:
    """Read how a refund stands; one that was made in the dashboard took money of ours without our asking.

    Raises NothingAsked for one of those whose money has not gone, or which names no payment.
    """
    if "once" not in inner(refund, "metadata"):
        said = refund_says(refund)
        if not isinstance(said, Settled) or not refund.get("payment_intent"):
            raise NothingAsked(kind)
        return Notice(name, "", said, "returned", of=id_of(refund, "payment_intent"))
    once, shop = _asked(refund)
    return Notice(name, once, refund_says(refund), "refund", shop=shop)


def _dispute(name: str, kind: str, dispute: Object) -> Notice:
    """Read a dispute.  Raises NothingAsked for an inquiry, and for a payment not made by us."""
    if not dispute.get("payment_intent"):
        raise NothingAsked(kind)
    said = dispute_says(dispute)
    if said is None:
        raise NothingAsked(kind)
    return Notice(name, "", Waiting(None), "dispute", said)


def _asked(thing: Object) -> tuple[str, str]:
    """Read our key and brand from what we hung on it.  Raises NothingAsked: somebody else asked for it."""
    hung = inner(thing, "metadata")
    if "once" not in hung:
        raise NothingAsked("no key of ours")
    shop = text(hung, "shop", longest=LONGEST_SHOP)
    return text(hung, "once", longest=LONGEST_KEY), "" if shop == NO_SHOP else shop


Reader = Callable[[str, str, Object], Notice]

READERS: Mapping[str, Reader] = MappingProxyType({
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "payment_intent.succeeded": _intent,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refund.updated": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
})
"""Which events are read.  A payment that failed is not: the payer may try again on the same page."""
