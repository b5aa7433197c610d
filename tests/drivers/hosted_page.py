"""The hosted page's own side, reached without a socket: for exams and stories of the test gateway."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from django.test import RequestFactory
from django.urls import resolve, set_urlconf

from hostkeep.adapters.gateways.testpay.gateway import Config, TestPay
from hostkeep.drivers.conformance.payments import Signed
from hostkeep.drivers.wire import LineBroke, Ran, Reply
from hostkeep.faces.demo import pay_api, pay_methods
from hostkeep.faces.demo.pay_book import PayBook
from hostkeep.faces.demo.pay_telling import message_of, signed_headers

BASE = "http://localhost:8000"


@dataclass
class HostedPage:
    """A wire that leads to the hosted page's own views."""

    folder: Path
    requests: list[str] = field(default_factory=list)

    @property
    def book(self) -> PayBook:
        return PayBook(self.folder)

    @property
    def secret(self) -> str:
        return pay_api.gateway_secret()

    def gateway(self) -> TestPay:
        return TestPay(self, Config(base=BASE, secret=self.secret))

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        assert seconds < 30
        path = urlsplit(url).path
        self.requests.append(f"{method} {path}")
        made = RequestFactory().generic(
            method, path, body, content_type=headers["content-type"], headers=dict(headers)
        )
        set_urlconf("hostkeep.faces.demo.urls")
        try:
            view, args, more = resolve(made.path, "hostkeep.faces.demo.urls")
            answer = view(made, *args, **more)
        finally:
            set_urlconf(None)
        return Reply(answer.status_code, {}, answer.content)

    def run(self, argv: Sequence[str], *, stdin: bytes, seconds: float) -> Ran:
        raise AssertionError("a gateway runs no programs")

    def kept(self, once: str):
        found = self.book.by_key(once)
        assert found is not None
        return found

    def pay(self, once: str) -> None:
        self.book.pay(self.kept(once).token)

    def leave(self, once: str, *, careful_bank: bool = False) -> None:
        left = pay_methods.method_by_key(self.book, once)
        pay_methods.leave(self.book, left.token, careful=careful_bank)

    def decline(self, once: str) -> None:
        self.book.decline(self.kept(once).token)

    def call_back(self, once: str) -> Signed:
        at = time.time()
        message = message_of(self.kept(once))
        return Signed(signed_headers(self.secret, message, at=at), message, at)


class DeafLine:
    """A wire that breaks."""

    def request(self, *_: object, **__: object) -> Reply:
        raise LineBroke("testpay")

    def run(self, *_: object, **__: object) -> Ran:
        raise LineBroke("testpay")


@dataclass
class SaysLine:
    """A wire whose other side says just this."""

    reply: Reply

    def request(self, *_: object, **__: object) -> Reply:
        return self.reply

    def run(self, *_: object, **__: object) -> Ran:
        raise LineBroke("testpay")


