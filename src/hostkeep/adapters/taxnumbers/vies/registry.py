"""VIES, the Commission's exchange of tax numbers, by its REST interface.

It is told the number, and ours, so that its answer carries a consultation number.  Of what it tells only
yes, no and that number are taken; the name and address of whoever owns the number are dropped here.
Sources: ec.europa.eu/taxation_customs/vies/#/technical-information (check-vat-number, its answers and its
codes of error); Council Regulation (EU) No 904/2010, art. 31.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from hostkeep.drivers.manifest import Manifest
from hostkeep.drivers.packages import demand
from hostkeep.drivers.tax_numbers import (
    LONGEST_PROOF,
    Answer,
    NoAnswer,
    NotRegistered,
    NumberAsk,
    Registered,
)
from hostkeep.drivers.wire import LineBroke, Wire

BASE = "https://ec.europa.eu"
PATH = "/taxation_customs/vies/rest-api/check-vat-number"
SECONDS = 6.0
PREFIX = 2
LONGEST = 20
GREEK, GREECE = "EL", "GR"
"""What the registry calls Greece, and what else its buyers write."""
OK = 200
TOO_MANY = 429

BUSY = frozenset({
    "GLOBAL_MAX_CONCURRENT_REQ", "GLOBAL_MAX_CONCURRENT_REQ_TIME", "MS_MAX_CONCURRENT_REQ",
    "MS_MAX_CONCURRENT_REQ_TIME",
})  # fmt: skip
REFUSED = "INVALID_INPUT"
"""The number cannot be one of that country: a no."""


class Vies:
    """Looks numbers up at the Commission."""

    manifest: ClassVar[Manifest] = Manifest(
        name="vies", api=1, discloses=frozenset({"tax_id"}), recipient="vies", hosts=("ec.europa.eu",)
    )

    def __init__(self, wire: Wire, base: str = BASE) -> None:
        """Speak over a wire.  base: scheme and host of the interface."""
        self._wire = wire
        self._base = base

    @classmethod
    def configured(cls, wire: Wire, options: Mapping[str, str]) -> Self:
        """Return a driver set up by texts: "base" alone, where another host speaks for the registry."""
        return cls(wire, options.get("base", BASE))

    def look_up(self, ask: NumberAsk) -> Answer:
        """Ask about a number.  Raises NoPackage."""
        demand(self.manifest, ask.package)
        typed = ask.package.fields.get("tax_id", "") if ask.package else ""
        digits = _digits(typed, ask.prefix)
        if not digits:
            return NotRegistered()
        said: dict[str, str] = {"countryCode": ask.prefix, "vatNumber": digits}
        if len(ask.requester) > PREFIX:
            said["requesterMemberStateCode"] = ask.requester[:PREFIX]
            said["requesterNumber"] = ask.requester[PREFIX:]
        try:
            reply = self._wire.request(
                "POST", self._base + PATH,
                headers={"Content-Type": "application/json", "Accept": "application/json"},
                body=json.dumps(said).encode(), seconds=SECONDS,
            )  # fmt: skip
        except LineBroke:
            return NoAnswer("line")
        return _read(reply.status, reply.body, ask.prefix)


def _digits(typed: str, prefix: str) -> str:
    """Return a number as the registry takes it: without spaces, marks and its country."""
    text = "".join(sign for sign in typed if sign.isalnum() and sign.isascii()).upper()
    bare = text.removeprefix(prefix)
    text = bare.removeprefix(GREECE) if prefix == GREEK else bare
    return text if len(text) <= LONGEST else ""


def _read(status: int, body: bytes, prefix: str) -> Answer:
    """Read an answer; what is out of form is none."""
    if status == TOO_MANY:
        return NoAnswer("busy")
    try:
        said: Any = json.loads(body)
    except (ValueError, RecursionError):
        return NoAnswer("down" if status != OK else "odd")
    if not isinstance(said, dict):
        return NoAnswer("odd")
    error = _error(said)
    if error:
        return NotRegistered() if error == REFUSED else NoAnswer("busy" if error in BUSY else "down")
    if status != OK or said.get("countryCode", prefix) != prefix:
        return NoAnswer("odd")
    return _answer(said)


def _answer(said: Mapping[str, Any]) -> Answer:
    """Return yes or no with its proof.  Anything but a true or a false is neither."""
    named = said.get("requestIdentifier")
    proof = named if isinstance(named, str) and named.isascii() and named.isprintable() else ""
    proof = proof[:LONGEST_PROOF]
    if said.get("valid") is True:
        return Registered(proof)
    return NotRegistered(proof) if said.get("valid") is False else NoAnswer("odd")


def _error(said: Mapping[str, Any]) -> str:
    """Return the code of an error, as one of two shapes of the interface tells it; or an empty text."""
    wrapped = said.get("errorWrappers")
    if isinstance(wrapped, list) and wrapped:
        first = wrapped[0]
        return str(first.get("error", "UNKNOWN")) if isinstance(first, dict) else "UNKNOWN"
    told = said.get("userError", "VALID")
    return "" if told in {"VALID", "INVALID", ""} else str(told)
