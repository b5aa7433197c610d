"""Stripe's REST interface over our one way out: form fields in, JSON objects out, the key in a header.

Sources: docs.stripe.com/api (authentication, errors, idempotent requests, pagination).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from hostkeep.drivers.wire import HostRefused, LineBroke, Reply, Wire

VERSION = "2024-06-20"
"""The version of the interface that answers are written in, whatever the account's own is."""

SECONDS = 10.0
PAGE = 100
MOST_PAGES = 10
FINE = range(200, 300)
SURE = frozenset({400, 401, 402, 403, 404})
"""Answers after which it is certain that nothing was done.  409, 429 and 5xx leave it open."""

NOT_THERE = 404
MISSING = "resource_missing"

Object = Mapping[str, Any]
T = TypeVar("T")


class BadAnswer(Exception):
    """Stripe said something that cannot be.  Its text holds nothing of it."""


class Refused(Exception):
    """Stripe will not do it, and nothing was done.

    status   of HTTP; code: Stripe's own word, or empty
    intent   the payment that was tried, or an empty object
    """

    def __init__(self, status: int, code: str, intent: Object) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.intent = status, code, intent

    @property
    def is_missing(self) -> bool:
        """Whether the account has nothing of such an id.

        Source: docs.stripe.com/error-codes, resource_missing; 404 where the id stood in the path.
        """
        return self.status == NOT_THERE or self.code == MISSING


@dataclass(frozen=True, slots=True)
class Client:
    """Requests of one account.

    base  scheme and host, without a slash at the end; key: the account's secret key
    """

    wire: Wire
    base: str
    key: str = field(repr=False)

    def post(self, path: str, fields: Mapping[str, str], *, once: str) -> tuple[Object, bool]:
        """Make or change something, once a key; return it, and whether the answer is an old one said again.

        Raises Refused, LineBroke (it may have been done), BadAnswer (the same).
        """
        body = urlencode(fields).encode()
        reply = self._ask("POST", path, body, {"idempotency-key": once})
        return _object(reply), reply.headers.get("idempotent-replayed") == "true"

    def get(self, path: str, fields: Mapping[str, str] | None = None) -> Object:
        """Read something.  Raises Refused, LineBroke, BadAnswer."""
        query = f"?{urlencode(fields)}" if fields else ""
        return _object(self._ask("GET", path + query, b"", {}))

    def delete(self, path: str) -> Object:
        """Delete something.  Raises Refused, LineBroke, BadAnswer."""
        return _object(self._ask("DELETE", path, b"", {}))

    def every(self, path: str, fields: Mapping[str, str], *, pages: int = MOST_PAGES) -> Iterator[Object]:
        """Go through a list, newest first, for so many pages.  Raises as get; BadAnswer where it has more."""
        after: dict[str, str] = {}
        for _ in range(pages):
            page = self.get(path, {**fields, "limit": str(PAGE), **after})
            rows = page.get("data")
            if not isinstance(rows, list):
                raise BadAnswer("list")
            yield from (row for row in rows if isinstance(row, dict))
            if not page.get("has_more") or not rows:
                return
            after = {"starting_after": text(rows[-1], "id")}
        raise BadAnswer("list has no end")

    def _ask(self, method: str, path: str, body: bytes, more: Mapping[str, str]) -> Reply:
        """Make one request.  Raises LineBroke."""
        headers = {
            "authorization": f"Bearer {self.key}", "stripe-version": VERSION,
            "content-type": "application/x-www-form-urlencoded", **more,
        }  # fmt: skip
        try:
            return self.wire.request(method, self.base + path, headers=headers, body=body, seconds=SECONDS)
        except HostRefused:
            raise LineBroke("stripe") from None


def where_it_is(clients: Sequence[Client], ask: Callable[[Client], T]) -> T:
    """Ask the accounts about a thing, one after the other, until one has it.

    clients  at least one; the last one's word stands
    Raises what the asking raises.
    """
    for client in clients[:-1]:
        try:
            return ask(client)
        except Refused as refused:
            if not refused.is_missing:
                raise
    return ask(clients[-1])


def _object(reply: Reply) -> Object:
    """Read an answer.  Raises Refused, LineBroke, BadAnswer."""
    said = read(reply.body)
    if reply.status in FINE:
        return said
    fault = said.get("error")
    fault = fault if isinstance(fault, dict) else {}
    if reply.status not in SURE or fault.get("type") == "idempotency_error":
        raise LineBroke("stripe")
    intent = fault.get("payment_intent")
    raise Refused(reply.status, str(fault.get("code") or ""), intent if isinstance(intent, dict) else {})


def read(body: bytes) -> Object:
    """Read a JSON object.  Raises BadAnswer."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer("json") from None
    if not isinstance(said, dict):
        raise BadAnswer("json")
    return said


def text(said: Object, name: str, *, longest: int = 140) -> str:
    """Read a short text of printable ASCII, as ids and keys are.  Raises BadAnswer."""
    value = said.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise BadAnswer(name)
    if not (value.isascii() and value.isprintable()):
        raise BadAnswer(name)
    return value


def inner(said: Object, name: str) -> Object:
    """Read an object within one; an empty one where there is none, or only its id."""
    value = said.get(name)
    return value if isinstance(value, dict) else {}


def id_of(said: Object, name: str) -> str:
    """Read the id of something that may be expanded.  Raises BadAnswer."""
    return text(inner(said, name), "id") if inner(said, name) else text(said, name)
