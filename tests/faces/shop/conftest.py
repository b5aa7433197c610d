"""A browser at a brand's shop, signed in or not, and a gateway that only remembers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client

from hostkeep.billing.calls import gateways
from hostkeep.drivers.conformance.payments import FakeGateway
from hostkeep.drivers.payments import Waiting
from hostkeep.kernel.ids import AccountId, BrandId, CategoryId, UserId
from hostkeep.people.actions.joining import open_account
from hostkeep.people.models import User
from hostkeep.runtime import brand as running_brand
from hostkeep.runtime import clock
from hostkeep.shop.queries.shelves import groups_of
from tests.conftest import make_act

HERE = {"Sec-Fetch-Site": "same-origin"}
PAY_PAGE = "http://localhost:8000/demo/pay/x/"


@dataclass
class Browser:
    """A browser that fills in pages as they came: hidden inputs, tokens and all."""

    brand: str
    client: Client = field(default_factory=Client)

    @property
    def host(self) -> str:
        return f"{self.brand}.localhost"

    def get(self, path: str, **query: str) -> HttpResponse:
        return self.client.get(path, query, headers={"host": self.host, **HERE})

    def post(self, path: str, **values: object) -> HttpResponse:
        return self.client.post(path, values, headers={"host": self.host, **HERE})

    def sends(self, page: HttpResponse, path: str, **values: object) -> HttpResponse:
        """Post a form of a page: its hidden inputs, and what is typed over them."""
        return self.post(path, **{**hidden(page, path), **values})

    def product(self, number: int = 0) -> str:
        """The slug of one of the brand's products, in its own order."""
        cards = [
            card.slug
            for group in groups_of(BrandId(self.brand), currency=self.currency, language="en")
            for card in group.cards
        ]
        return cards[number]

    @property
    def currency(self) -> str:
        return {"vpn": "EUR", "vps6": "EUR", "vietnam-server": "VND"}.get(self.brand, "USD")

    def puts(self, slug: str | None = None, **values: object) -> HttpResponse:
        """Put a product into the cart, its form as it stands but for some values."""
        path = f"/products/{slug or self.product()}/"
        page = self.get(path)
        first = {"plan": plans(page)[0], "quantity": "1", "currency": self.currency, "go": "add"}
        return self.post(path, **{**hidden(page, path), **first, **values})

    def signs_in(self) -> AccountId:
        """Sign in as a fresh customer of the brand."""
        with running_brand.during(BrandId(self.brand)):
            user = User.objects.create(brand=self.brand)
            act = make_act("visitor", "account", brand=self.brand, at=clock.now())
            values = {CategoryId("email"): "ann@example.test"}
            joined = open_account(act, user=UserId(user.id), values=values, language="en")
            self.client.force_login(user)
        return joined.account


def text(page: HttpResponse) -> str:
    return unescape(page.content.decode()).replace("\xa0", " ")


def plans(page: HttpResponse) -> list[str]:
    return re.findall(r'name="plan" value="([^"]+)"', text(page))


def hidden(page: HttpResponse, action: str) -> dict[str, str]:
    """The hidden inputs of the form that posts to action."""
    for form in re.findall(r"<form\b.*?</form>", text(page), re.S):
        if f'action="{action}"' in form:
            return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return {}


def lines(page: HttpResponse) -> list[str]:
    return list(dict.fromkeys(re.findall(r'action="(/cart/lines/[^"]+/)"', text(page))))


@pytest.fixture
def browser(db: None):
    return Browser


@pytest.fixture
def gateway() -> Iterator[FakeGateway]:
    """Every gateway of every brand, one and the same: it sends payers to a page and waits."""
    before = list(gateways._make)
    fake = FakeGateway(will=[Waiting(PAY_PAGE) for _ in range(9)])
    gateways.carry_with(lambda *_: fake)
    yield fake
    gateways._make[:] = before
