"""What the test gateway's answers and call-backs mean; of each only what we know is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, cast
from urllib.parse import urlsplit

from hostkeep.drivers.payments import (
    Declined,
    Disputed,
    Keeping,
    Kept,
    Notice,
    Outcome,
    Settled,
    Waiting,
)
from hostkeep.drivers.payouts import Holding, PaidOut, PayoutLine, PayoutsTold
from hostkeep.drivers.wire import Reply
from hostkeep.kernel.countries import COUNTRIES
from hostkeep.kernel.money import CURRENCIES, Money, money

MOST_MINOR = 10**15
LONGEST_ID = 64
NOT_FOUND = 404
FINE = frozenset({200, 201})
CODES = frozenset({"cancelled", "refused", "expired"})


class BadAnswer(Exception):
    """The other side said something that cannot be."""


def standing(reply: Reply) -> Outcome:
    """Read how a charge or a refund stands.  Raises BadAnswer."""
    if reply.status == NOT_FOUND:
        return Declined("never_asked")
    said = _fine(reply)
    return Waiting(_visit(said)) if said.get("state") == "open" else _decided(said)


def keeping(reply: Reply) -> Keeping:
    """Read how a kept card stands.  Raises BadAnswer."""
    if reply.status == NOT_FOUND:
        return Declined("never_asked")
    said = _fine(reply)
    if said.get("state") == "open":
        return Waiting(_visit(said))
    if said.get("state") != "kept":
        return _declined(said)
    try:
        last = date.fromisoformat(str(said.get("expires_on")))
    except ValueError:
        raise BadAnswer("expires_on") from None
    return Kept(_id(said, "token"), _id(said, "label"), last)


def origin(reply: Reply) -> str:
    """Read the country of a card, two letters; empty where none is told.  Raises BadAnswer."""
    country = "" if reply.status == NOT_FOUND else str(_fine(reply).get("country", ""))
    return country if country in COUNTRIES else ""


def paid_out(reply: Reply) -> PayoutsTold:
    """Read pay-outs and what is held.  Raises BadAnswer."""
    said = _fine(reply)
    return PayoutsTold(
        tuple(_payout(row) for row in _rows(said, "payouts")),
        tuple(Holding(_sum(row), _whole(row, "fee")) for row in _rows(said, "holdings")),
    )


def notice(body: bytes) -> Notice:
    """Read a call-back whose signature held.  Raises BadAnswer."""
    said = _object(body)
    about = said.get("about", "charge")
    if about == "dispute":
        return Notice(_id(said, "event"), "", Waiting(None), "dispute", _disputed(said))
    if about == "method":
        return Notice(_id(said, "event"), _id(said, "once"), Waiting(None), "method")
    if about != "charge":
        raise BadAnswer("about")
    return Notice(event=_id(said, "event"), once=_id(said, "once"), outcome=_decided(said))


def _payout(said: Mapping[str, Any]) -> PaidOut:
    """Read a pay-out, which is the sum of its lines.  Raises BadAnswer."""
    state, amount = str(said.get("state")), _sum(said)
    lines = tuple(
        PayoutLine(_id(row, "of"), _whole(row, "net"), _whole(row, "fee")) for row in _rows(said, "lines")
    )
    if state not in {"under_way", "arrived", "failed"} or sum(line.net for line in lines) != amount.minor:
        raise BadAnswer("payout")
    try:
        day = date.fromisoformat(str(said.get("arrives_on")))
    except ValueError:
        raise BadAnswer("arrives_on") from None
    return PaidOut(_id(said, "proof"), amount, day, cast("Any", state), lines)


def _rows(said: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Read a list of objects.  Raises BadAnswer."""
    rows = said.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadAnswer(name)
    return rows


def _sum(said: Mapping[str, Any]) -> Money:
    """Read an amount that may be nothing, or below it.  Raises BadAnswer."""
    currency = str(said.get("currency"))
    if currency not in CURRENCIES:
        raise BadAnswer("currency")
    return money(_whole(said, "minor"), currency)


def _whole(said: Mapping[str, Any], name: str) -> int:
    """Read minor units, which may be below nothing.  Raises BadAnswer."""
    minor = said.get(name)
    if type(minor) is not int or abs(minor) > MOST_MINOR:
        raise BadAnswer(name)
    return minor


def _fine(reply: Reply) -> Mapping[str, Any]:
    """Read an answer that is no refusal.  Raises BadAnswer."""
    if reply.status not in FINE:
        raise BadAnswer("status")
    return _object(reply.body)


def _visit(said: Mapping[str, Any]) -> str:
    """Read the address of a page.  Raises BadAnswer."""
    visit = said.get("visit")
    if not isinstance(visit, str) or urlsplit(visit).scheme not in {"http", "https"}:
        raise BadAnswer("visit")
    return visit


def _decided(said: Mapping[str, Any]) -> Settled | Declined:
    """Read money that moved or did not.  Raises BadAnswer."""
    if said.get("state") == "paid":
        return Settled(proof=_id(said, "proof"), amount=_amount(said))
    return _declined(said)


def _declined(said: Mapping[str, Any]) -> Declined:
    """Read a refusal.  Raises BadAnswer."""
    if said.get("state") != "declined":
        raise BadAnswer("state")
    code = said.get("code")
    return Declined(str(code) if str(code) in CODES else "refused")


def _disputed(said: Mapping[str, Any]) -> Disputed:
    """Read a dispute.  Raises BadAnswer."""
    state, fee = str(said.get("state")), said.get("fee")
    if state not in {"open", "won", "lost"} or type(fee) is not int or not 0 <= fee <= MOST_MINOR:
        raise BadAnswer("dispute")
    return Disputed(_id(said, "proof"), _id(said, "of"), _amount(said), fee, cast("Any", state))


def _amount(said: Mapping[str, Any]) -> Money:
    """Read an amount above nothing.  Raises BadAnswer."""
    minor, currency = said.get("minor"), str(said.get("currency"))
    if type(minor) is not int or not 0 < minor <= MOST_MINOR or currency not in CURRENCIES:
        raise BadAnswer("amount")
    return money(minor, currency)


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
    """Read one of the gateway's ids or words: short, printable ASCII.  Raises BadAnswer."""
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        raise BadAnswer(name)
    if not (value.isascii() and value.isprintable()):
        raise BadAnswer(name)
    return value
