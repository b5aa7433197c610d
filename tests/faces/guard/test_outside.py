"""Seen from outside: a cookie that something in front of the application sets is found."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from hostkeep.promises.control import Scene, Seen
from hostkeep.promises.evidence import outside
from hostkeep.promises.stranger import WsgiStranger
from hostkeep.runtime import egress
from tests.clauses.conftest import scene_at
from tests.meeting import PATIENCE

PROXY = Path(__file__).parent / "cookie_adding_proxy.py"
CLOUD = "__cf_bm=abc.123; Path=/; Expires=Thu, 26-Nov-26 21:55:14 GMT; Domain=.localhost; HttpOnly; Secure; SameSite=None"


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def over_a_real_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outside, "_ask", [])
    monkeypatch.setattr(egress, "breaker", type(egress.breaker)())


@pytest.fixture
def served(committed: str) -> Iterator[int]:
    """The whole application behind a real socket, in a thread; its port."""
    from hostkeep.project.wsgi import application

    def with_own_connections(environ, start_response):
        try:
            return [b"".join(application(environ, start_response))]
        finally:
            connections.close_all()

    server = make_server("127.0.0.1", 0, with_own_connections, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join(PATIENCE)
    server.server_close()


@contextmanager
def behind(port: int, cookie: str) -> Iterator[int]:
    """The proxy in front of a port, as a process of its own; its own port."""
    with subprocess.Popen([sys.executable, str(PROXY), str(port), cookie], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def seen_at(port: int, brand: str = "vpn") -> Seen:
    from hostkeep.project.wsgi import application

    with override_settings(HOSTKEEP=replace(settings.HOSTKEEP, public_url=f"http://localhost:{port}")):
        there: Scene = scene_at(brand, WsgiStranger(application))
        return outside.sets_nothing_undeclared().look(there)


@pytest.mark.parametrize("brand", ["vpn", "vps6", "vpsfast", "photonvps", "vietnam-server"])
def test_nothing_in_front_is_nothing_seen(served: int, brand: str) -> None:
    with behind(served, "") as port:
        assert seen_at(port, brand) == Seen("passed", "4 pages")


def test_a_cookie_added_by_a_proxy_is_named(served: int) -> None:
    with behind(served, CLOUD) as port:
        assert seen_at(port) == Seen("failed", "4 pages __cf_bm")


def test_where_nobody_answers_it_is_grey_and_says_what_lacks(committed: str) -> None:
    assert seen_at(9) == Seen("absent", "public address")


def test_another_server_at_the_public_address_proves_nothing(committed: str) -> None:
    def stranger(_environ, start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [b"parked"]

    server = make_server("127.0.0.1", 0, stranger, handler_class=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert seen_at(server.server_port).result == "unsure"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("", set()),
        ("a=1", {"a"}),
        ("a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/, __cf_bm=x.y-z; HttpOnly, AWSALB=q", {"a", "__cf_bm", "AWSALB"}),
        ("__Host-sid=a; Path=/,b=2", {"__Host-sid", "b"}),
    ],
    ids=["none", "one", "three", "two"],
)
def test_joined_headers_are_told_apart(header: str, names: set[str]) -> None:
    assert outside.names_in(header) == names
