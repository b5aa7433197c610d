"""A stranger at the door: how a probe meets the pages, through the same code as everybody else."""

from __future__ import annotations

import io
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any, Protocol, cast
from urllib.parse import urlencode, urlsplit

from django.db import connections
from django.utils import translation

from hostkeep.promises.errors import NoStranger
from hostkeep.runtime import addresses

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Header = tuple[str, str]
PROBE = "probe:"
"""How the trace of everything begins that a probe does."""

OURS = "hostkeep.promises.stranger"
"""Stands in the WSGI environ of what a probe asks; holds its trace, under which the audit enters it.

No request from the network can carry it: servers pass headers on under names that begin with HTTP_.
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.  headers: in the order sent, a name may come more than once.  body: the text."""

    status: int
    headers: tuple[Header, ...]
    body: str

    def header(self, name: str) -> str:
        """Return the first header of a name, or an empty text."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def cookies(self) -> tuple[str, ...]:
        """The Set-Cookie headers."""
        return tuple(value for key, value in self.headers if key.lower() == "set-cookie")


class Stranger(Protocol):
    """Somebody who asks our pages and keeps nothing."""

    def request(
        self,
        method: str,
        host: str,
        path: str,
        *,
        data: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask one address and return the answer.

        host     a host name without port
        path     with the query, if any
        data     of a form, for a POST
        environ  more entries of the WSGI environ, such as HTTP_USER_AGENT
        """
        ...


class WsgiStranger:
    """Calls the application in this process, as a server would.  Source: PEP 3333.

    In the same thread and on the same connections, so that what a visit wrote can be looked at, and undone.
    """

    def __init__(self, application: Application, trace: str = PROBE) -> None:
        self.application = application
        self.trace = trace

    def request(
        self,
        method: str,
        host: str,
        path: str,
        *,
        data: Mapping[str, str] | None = None,
        cookies: Mapping[str, str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask one address and return the answer."""
        asked = _environ(method, host, path, urlencode(data or {}).encode()) | {OURS: self.trace}
        if cookies:
            asked["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        asked |= environ or {}
        begun: list[tuple[str, list[Header]]] = []

        def start_response(status: str, headers: list[Header], _error: object = None) -> Any:
            begun.append((status, headers))
            return io.BytesIO().write

        with translation.override(translation.get_language()), kept_open(), unlogged():
            body = self._read(asked, start_response)
        status, headers = begun[-1]
        return Answer(int(status.split(" ", 1)[0]), tuple(headers), body.decode("utf-8", "replace"))

    def _read(self, asked: dict[str, Any], start_response: Callable[..., Any]) -> bytes:
        """Return the whole body; close what the application gave, as a server must."""
        chunks = self.application(asked, start_response)
        if not hasattr(chunks, "close"):
            return b"".join(chunks)
        with closing(cast("Any", chunks)):
            return b"".join(chunks)


def _environ(method: str, host: str, path: str, body: bytes) -> dict[str, Any]:
    """Return what a server would hand over for this request; each one comes from an address of its own."""
    parts = urlsplit(path)
    origin = f"{addresses.scheme()}://{host}{addresses.port()}"
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "CONTENT_TYPE": "application/x-www-form-urlencoded" if method == "POST" else "",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": host,
        "SERVER_PORT": addresses.port().lstrip(":") or "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": some_address(),
        "HTTP_HOST": f"{host}{addresses.port()}",
        "HTTP_ORIGIN": origin,
        "HTTP_ACCEPT": "text/html",
        "HTTP_ACCEPT_LANGUAGE": "en",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": addresses.scheme(),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


@contextmanager
def kept_open() -> Iterator[None]:
    """Keep this thread's connections through a request, where a transaction is under way.

    A request's begin and end close a connection that is not in autocommit; in a rehearsal that would end it.
    """
    busy = [line for line in connections.all(initialized_only=True) if line.in_atomic_block]
    for line in busy:
        vars(line)[CLOSING] = _stay
    try:
        yield
    finally:
        for line in busy:
            del vars(line)[CLOSING]


CLOSING = "close_if_unusable_or_obsolete"
"""What Django calls on each connection when a request begins and when it ends."""


def _stay() -> None:
    """Close nothing."""


@contextmanager
def unlogged() -> Iterator[None]:
    """Keep the refusals of our own attempts out of the log, where they would look like somebody else's."""
    log = logging.getLogger("django.request")
    log.addFilter(_of_others)
    try:
        yield
    finally:
        log.removeFilter(_of_others)


def _of_others(record: logging.LogRecord) -> bool:
    """Say whether a line is worth keeping: it is an error, or about a request that was not ours."""
    meta = getattr(getattr(record, "request", None), "META", {})
    return record.levelno >= logging.ERROR or OURS not in meta


def some_address() -> str:
    """Return a random address of the documentation range, which no machine has.  Source: RFC 3849."""
    return "2001:db8:" + ":".join(f"1{secrets.token_hex(2)[1:]}" for _ in range(6))


class Browser:
    """A stranger at one host who keeps the cookies it is given.  given: every Set-Cookie header so far."""

    def __init__(self, stranger: Stranger, host: str, environ: Mapping[str, str] | None = None) -> None:
        self.stranger = stranger
        self.host = host
        self.environ = dict(environ or {})
        self.cookies: dict[str, str] = {}
        self.given: list[str] = []

    def get(self, path: str, **environ: str) -> Answer:
        """Read a page."""
        return self._ask("GET", path, None, environ)

    def post(self, path: str, data: Mapping[str, str], **environ: str) -> Answer:
        """Send a form."""
        return self._ask("POST", path, data, environ)

    def _ask(self, method: str, path: str, data: Mapping[str, str] | None, more: Mapping[str, str]) -> Answer:
        """Ask, and keep the cookies."""
        answer = self.stranger.request(
            method, self.host, path, data=data, cookies=self.cookies, environ={**self.environ, **more}
        )
        self.given.extend(answer.cookies)
        for header in answer.cookies:
            for name, morsel in SimpleCookie(header).items():
                self.cookies[name] = morsel.value
                if morsel.value == "":
                    del self.cookies[name]
        return answer


_make: list[Callable[[str], Stranger]] = []


def carry_with(make: Callable[[str], Stranger]) -> None:
    """Say how a stranger reaches the pages: make(trace).  Called once at start, by the composition root."""
    _make[:] = [make]


def arrive(trace: str) -> Stranger:
    """Return a stranger whose visits the audit enters under a trace.  Raises NoStranger."""
    if not _make:
        raise NoStranger
    return _make[0](trace)
