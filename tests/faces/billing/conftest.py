"""A customer with invoices, staff, and the payment company's page, without a socket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import get_urlconf, set_urlconf

from hostkeep.adapters.gateways.bank_transfer.gateway import BankTransfer
from hostkeep.adapters.gateways.testpay.gateway import Config, TestPay
from hostkeep.billing.bills import Issued
from hostkeep.billing.calls import gateways
from hostkeep.billing.rules.lines import Line
from hostkeep.billing.rules.party import Party
from hostkeep.drivers.wire import LineBroke, Ran, Reply
from hostkeep.faces.demo import pay_api, pay_telling
from hostkeep.faces.demo.pay_book import PayBook
from hostkeep.flows import noticing
from hostkeep.kernel.money import CURRENCIES
from hostkeep.people.queries import account
from hostkeep.runtime import clock
from tests.faces.shop.conftest import HERE, Browser
from tests.rooms.billing.making import Buyer, billing_act, line

OPERATOR = "localhost"


@dataclass
class TwoHosts:
    """A wire between the shop and the payment company: the request goes through the whole application."""

    lost: bool = False

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply:
        if self.lost:
            raise LineBroke("lost")
        parts = urlsplit(url)
        kind = headers["content-type"]
        rest = {name: value for name, value in headers.items() if name != "content-type"}
        # The two sides are two servers; here they share a thread, which remembers one table of addresses.
        outer = get_urlconf()
        answer = Client().generic(method, parts.path, body, kind, headers={"host": parts.netloc, **rest})
        set_urlconf(outer)
        return Reply(answer.status_code, {}, answer.content)

    def run(self, *_: object, **__: object) -> Ran:
        raise AssertionError("no programs")


@dataclass
class Payments:
    """What stands around a payment.  wire: between the two sides; book: the payment company's."""

    wire: TwoHosts
    folder: Path

    @property
    def book(self) -> PayBook:
        return PayBook(self.folder)

    def decides(self, visit: str, deed: str) -> HttpResponse:
        """What the payer does on the hosted page; the last page they see there."""
        path = urlsplit(visit).path
        client = Client()
        answer = client.post(path, {"do": deed}, headers={"host": f"{OPERATOR}:8000", **HERE})
        assert answer.status_code == 302, answer.content
        noticing.work_off(billing_act(""))
        return client.get(answer["Location"], headers={"host": f"{OPERATOR}:8000"})


@pytest.fixture
def payments(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Payments]:
    wire = TwoHosts()
    monkeypatch.setattr(pay_api, "data", lambda: tmp_path)
    monkeypatch.setattr(pay_telling, "wire_for", lambda *_: wire)
    monkeypatch.setattr(pay_telling, "PAUSE", 0.0)
    before = list(gateways._make)
    config = Config("http://localhost:8000", pay_api.gateway_secret())
    gateways.carry_with(lambda name, _: {"testpay": TestPay(wire, config), "bank_transfer": BankTransfer()}.get(name))
    yield Payments(wire, tmp_path)
    gateways._make[:] = before


@dataclass
class Customer:
    """A signed-in customer of a brand."""

    brand: str
    browser: Browser
    buyer: Buyer

    def owes(self, *lines: Line, days_ago: int = 0, party: Party | None = None) -> Issued:
        at = clock.now() - timedelta(days=days_ago)
        chosen = lines or [line(currency=CURRENCIES["EUR"])]
        return self.buyer.owes(*chosen, at=at, party=party or Party("12345678", name="Ann Åberg"))

    def page(self, issued: Issued, tail: str = "") -> HttpResponse:
        return self.browser.get(f"/account/invoices/{issued.id}/{tail}")

    def pays(self, issued: Issued, gateway: str = "testpay") -> HttpResponse:
        return self.browser.sends(
            self.page(issued), f"/account/invoices/{issued.id}/pay/", gateway=gateway
        )


def a_customer(brand: str) -> Customer:
    browser = Browser(brand)
    id_ = browser.signs_in()
    return Customer(brand, browser, Buyer(brand, id_, account(id_).subject))


@pytest.fixture
def ann(payments: Payments) -> Customer:
    return a_customer("vps6")
